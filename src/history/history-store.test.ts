import { IDBFactory } from "fake-indexeddb";
import "fake-indexeddb/auto";
import { openDB } from "idb";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { HistoryStore } from "./history-store.ts";
import { DATABASE, historyMigrations } from "./indexed-storage.ts";
import { type Channel, type HistoryOptions, openHistory } from "./open-history.ts";

let opened: HistoryStore[] = [];

beforeEach(() => {
  vi.stubGlobal("indexedDB", new IDBFactory());
});
afterEach(() => {
  for (const store of opened) store.close();
  opened = [];
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

async function open(options: HistoryOptions = {}): Promise<HistoryStore> {
  let keys = 0;
  let clock = 1000;
  const prefix = `k${opened.length}-`;
  const store = await openHistory({
    makeKey: () => `${prefix}${keys++}`,
    now: () => clock++,
    makeChannel: () => null,
    ...options,
  });
  opened.push(store);
  return store;
}

const films = (events: readonly { movieId: number }[]) => events.map(({ movieId }) => movieId);

/** Writes rows as another program would, past every check. */
async function plant(rows: readonly object[]): Promise<void> {
  const db = await openDB(DATABASE);
  for (const row of rows) await db.put("events", row);
  db.close();
}

describe.each([
  ["in IndexedDB", true],
  ["in memory", false],
] as const)("a history %s", (_where, durable) => {
  beforeEach(() => {
    if (!durable) vi.stubGlobal("indexedDB", undefined);
  });

  test("says whether it outlives the page, and why not", async () => {
    const store = await open();
    expect(store.durable).toBe(durable);
    if (durable) expect(store.whyNotDurable).toBeNull();
    else expect(store.whyNotDurable).toMatch(/\w/);
  });

  test("keeps films in the order they were added, with key and moment", async () => {
    const store = await open();
    await store.add(1, null);
    await store.add(2, 4.5);
    expect(await store.load()).toEqual([
      { key: "k0-0", movieId: 1, rating: null, addedAt: 1000, order: 0 },
      { key: "k0-1", movieId: 2, rating: 4.5, addedAt: 1001, order: 1 },
    ]);
  });

  test("holds a film once: adding it again only changes a given rating", async () => {
    const store = await open();
    const first = await store.add(1, 4);
    await store.add(2, null);
    expect((await store.add(1, null)).rating).toBe(4);
    expect(await store.add(1, 2)).toEqual({ ...first, rating: 2 });
    expect(films(await store.load())).toEqual([1, 2]);
  });

  test.for([
    [0, [3, 1, 2]],
    [1, [1, 3, 2]],
    [99, [1, 2, 3]],
    [-5, [3, 1, 2]],
  ] as const)("moves the last film to place %i", async ([place, expected]) => {
    const store = await open();
    await store.replaceAll([1, 2, 3].map((movieId) => ({ movieId, rating: null })));
    const last = (await store.load())[2]!;
    await store.move(last.key, place);
    const events = await store.load();
    expect(films(events)).toEqual(expected);
    expect(events.map(({ order }) => order)).toEqual([0, 1, 2]);
  });

  test("rates and removes by key; what is gone stays gone", async () => {
    const store = await open();
    const one = await store.add(1, null);
    const two = await store.add(2, null);
    await store.rate(one.key, 0.5);
    await store.remove(two.key);
    await store.remove(two.key);
    expect(await store.load()).toEqual([{ ...one, rating: 0.5 }]);
    await expect(store.rate(two.key, 3)).rejects.toMatchObject({ failure: { kind: "bad-request" } });
    await expect(store.move(two.key, 0)).rejects.toMatchObject({ failure: { kind: "bad-request" } });
  });

  test.for([
    [0, null],
    [1.5, null],
    [1, 0],
    [1, 5.5],
    [1, 3.3],
    [1, Number.NaN],
  ] as const)("refuses film %d with rating %d", async ([movieId, rating]) => {
    const store = await open();
    await expect(store.add(movieId, rating)).rejects.toMatchObject({ failure: { kind: "bad-request" } });
    await expect(store.replaceAll([{ movieId, rating }])).rejects.toMatchObject({
      failure: { kind: "bad-request" },
    });
    expect(await store.load()).toEqual([]);
  });

  test("changes made at the same time all arrive", async () => {
    const store = await open();
    await Promise.all(Array.from({ length: 20 }, (_, i) => store.add(i + 1, null)));
    const events = await store.load();
    expect(events.map(({ order }) => order)).toEqual(Array.from({ length: 20 }, (_, i) => i));
    expect(new Set(films(events)).size).toBe(20);
  });

  test("what is exported is imported again, with ratings, order and moments", async () => {
    const store = await open();
    await store.add(3, 5);
    await store.add(1, null);
    const before = await store.load();
    const text = await store.exportJson();
    expect(JSON.parse(text)).toMatchObject({ schema: "becausal-history/1" });
    await store.erase();
    expect(await store.load()).toEqual([]);
    await store.importJson(text);
    const bare = (events: typeof before) => events.map(({ key: _, ...rest }) => rest);
    expect(bare(await store.load())).toEqual(bare(before));
  });

  const item = { movieId: 1, rating: null, addedAt: 0 };
  test.for([
    ["no JSON", "{"],
    ["another schema", JSON.stringify({ schema: "becausal-history/2", items: [] })],
    ["no items", JSON.stringify({ schema: "becausal-history/1" })],
    [
      "a bad rating",
      JSON.stringify({ schema: "becausal-history/1", items: [item, { ...item, movieId: 2, rating: 9 }] }),
    ],
    ["a film twice", JSON.stringify({ schema: "becausal-history/1", items: [item, item] })],
    ["too many films", JSON.stringify({ schema: "becausal-history/1", items: Array(30_001).fill(item) })],
  ] as const)("an import with %s changes nothing", async ([_, text]) => {
    const store = await open();
    await store.add(7, 4);
    const before = await store.load();
    await expect(store.importJson(text)).rejects.toMatchObject({ failure: { kind: "file-invalid" } });
    expect(await store.load()).toEqual(before);
  });
});

describe("what IndexedDB can do to a history", () => {
  test("a new page finds what the last one kept", async () => {
    const first = await open();
    await first.add(5, 3.5);
    const kept = await first.load();
    first.close();
    expect(await (await open()).load()).toEqual(kept);
  });

  test("every change asks for strict durability", async () => {
    const store = await open();
    const transaction = vi.spyOn(IDBDatabase.prototype, "transaction");
    await store.add(1, null);
    expect(transaction).toHaveBeenCalled();
    for (const [, mode, options] of transaction.mock.calls)
      if (mode === "readwrite") expect(options).toEqual({ durability: "strict" });
  });

  test("a commit that fails with nothing but an abort rejects, and the old history stands", async () => {
    const store = await open();
    await store.add(1, null);
    const before = await store.load();
    const put = IDBObjectStore.prototype.put;
    const spy = vi.spyOn(IDBObjectStore.prototype, "put").mockImplementation(function (
      this: IDBObjectStore,
      ...args
    ) {
      const request = put.apply(this, args);
      request.addEventListener("success", () => this.transaction.abort());
      return request;
    });
    await expect(store.add(2, null)).rejects.toMatchObject({
      failure: { kind: "storage-failed", operation: "Adding a film to the history" },
    });
    spy.mockRestore();
    expect(await store.load()).toEqual(before);
    await store.add(2, null);
    expect(films(await store.load())).toEqual([1, 2]);
  });

  test("a full disk is freed once and the change tried again", async () => {
    const freeSpace = vi.fn(async () => spy.mockRestore());
    const store = await open({ freeSpace });
    const spy = vi.spyOn(IDBObjectStore.prototype, "put").mockImplementation(() => {
      throw new DOMException("no room", "QuotaExceededError");
    });
    await store.add(1, null);
    expect(freeSpace).toHaveBeenCalledTimes(1);
    expect(films(await store.load())).toEqual([1]);
  });

  test("a disk that stays full rejects with the reason", async () => {
    const freeSpace = vi.fn(async () => undefined);
    const store = await open({ freeSpace });
    vi.spyOn(IDBObjectStore.prototype, "put").mockImplementation(() => {
      throw new DOMException("no room", "QuotaExceededError");
    });
    await expect(store.add(1, null)).rejects.toMatchObject({
      failure: { kind: "storage-failed", reason: expect.stringContaining("QuotaExceededError") },
    });
    expect(freeSpace).toHaveBeenCalledTimes(1);
  });

  test("rows that cannot be read are set aside, reported and exported; the rest loads", async () => {
    const store = await open();
    await store.add(1, null);
    const bad = [
      { key: "x", movieId: "2", rating: null, addedAt: 0, order: 1 },
      { key: "y", movieId: 3, rating: 11, addedAt: 0, order: 2 },
      { key: "z", movieId: 1, rating: null, addedAt: 0, order: 3 },
    ];
    await plant(bad);
    expect(films(await store.load())).toEqual([1]);
    const aside = await store.setAside();
    expect(aside.map(({ row }) => row)).toEqual(bad);
    expect(aside.map(({ reason }) => reason)).toEqual([
      expect.stringContaining("movieId"),
      expect.stringContaining("rating"),
      expect.stringContaining("already"),
    ]);
    await store.add(4, null);
    expect(films(await store.load())).toEqual([1, 4]);
    expect(await store.setAside()).toEqual(aside);
    expect(JSON.parse(await store.exportJson())).toMatchObject({ setAside: aside });
  });

  test("erasing leaves no database", async () => {
    const store = await open();
    await store.add(1, null);
    await store.erase();
    expect(await indexedDB.databases()).toEqual([]);
    await store.add(2, null);
    expect(films(await store.load())).toEqual([2]);
  });

  test("a tab that erases is not held up by another, and both go on", async () => {
    const [here, there] = [await open(), await open()];
    await there.add(1, null);
    await here.erase();
    expect(await there.load()).toEqual([]);
    await there.add(2, null);
    expect(films(await here.load())).toEqual([2]);
  });

  test("two tabs adding at once lose nothing", async () => {
    const [here, there] = [await open(), await open()];
    await Promise.all([here.add(1, null), there.add(2, null), here.add(3, null), there.add(1, 4)]);
    expect(films(await here.load()).sort()).toEqual([1, 2, 3]);
  });

  test("a change is announced to the other tab, not to the one that made it", async () => {
    const { makeChannel } = tabs();
    const [here, there] = [await open({ makeChannel }), await open({ makeChannel })];
    const [heard, overheard] = [vi.fn(), vi.fn()];
    there.subscribe(heard);
    here.subscribe(overheard);
    await here.add(1, null);
    expect(heard).toHaveBeenCalledTimes(1);
    expect(overheard).not.toHaveBeenCalled();
    await expect(here.rate("nobody", 3)).rejects.toThrow();
    expect(heard).toHaveBeenCalledTimes(1);
  });

  test("asks the browser to keep the storage once something worth keeping is in it", async () => {
    const persist = vi.fn(async () => true);
    const store = await open({ persist });
    await store.load();
    expect(persist).not.toHaveBeenCalled();
    await store.add(1, null);
    await store.add(2, null);
    expect(persist).toHaveBeenCalledTimes(1);
  });

  test("a database of a newer release is left alone and the history lives in memory", async () => {
    const newer = await openDB(DATABASE, historyMigrations.length + 1, {
      upgrade: (db) => {
        db.createObjectStore("events", { keyPath: "key" });
      },
    });
    await newer.put("events", { key: "n", movieId: 1 });
    const store = await open();
    expect(store.durable).toBe(false);
    expect(store.whyNotDurable).toContain("VersionError");
    expect(await newer.getAll("events")).toEqual([{ key: "n", movieId: 1 }]);
    newer.close();
  });
});

/** Channels as browsers connect them: a message reaches every channel but its own. */
function tabs(): { makeChannel: () => Channel } {
  const channels: Channel[] = [];
  return {
    makeChannel: () => {
      const channel: Channel = {
        onmessage: null,
        postMessage: (data) => {
          for (const other of channels)
            if (other !== channel) other.onmessage?.(new MessageEvent("message", { data }));
        },
        close: () => undefined,
      };
      channels.push(channel);
      return channel;
    },
  };
}
