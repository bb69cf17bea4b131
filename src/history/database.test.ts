import { IDBFactory } from "fake-indexeddb";
import "fake-indexeddb/auto";
import { openDB } from "idb";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type Migration, openVersioned } from "./database.ts";
import v1 from "./fixtures/history-database-v1.json" with { type: "json" };
import { historyMigrations } from "./indexed-storage.ts";
import { openHistory } from "./open-history.ts";

beforeEach(() => vi.stubGlobal("indexedDB", new IDBFactory()));
afterEach(() => vi.unstubAllGlobals());

const first: Migration = (db) => {
  db.createObjectStore("events", { keyPath: "key" });
};
/** What a later release may do: every row gets a field, computed from what is there. */
const second: Migration = async (_db, tx) => {
  const store = tx.objectStore("events");
  for (const row of await store.getAll()) await store.put({ ...row, stars: row.rating ?? "none" });
};
const failing: Migration = async (_db, tx) => {
  const store = tx.objectStore("events");
  await store.clear();
  throw new Error("this step does not work");
};

const nothing = () => undefined;

describe("migrations", () => {
  test("run once each, in order, over the rows that are there", async () => {
    const old = await openVersioned("m", [first], nothing);
    await old.put("events", { key: "a", rating: 4 });
    old.close();
    const fresh = await openVersioned("m", [first, second], nothing);
    expect(fresh.version).toBe(2);
    expect(await fresh.getAll("events")).toEqual([{ key: "a", rating: 4, stars: 4 }]);
    fresh.close();
    const again = vi.fn(second);
    (await openVersioned("m", [first, again], nothing)).close();
    expect(again).not.toHaveBeenCalled();
  });

  test("a step that fails says why and leaves version and rows as they were", async () => {
    const old = await openVersioned("m", [first], nothing);
    await old.put("events", { key: "a", rating: 4 });
    old.close();
    await expect(openVersioned("m", [first, failing], nothing)).rejects.toThrow("this step does not work");
    const still = await openVersioned("m", [first], nothing);
    expect(await still.getAll("events")).toEqual([{ key: "a", rating: 4 }]);
    still.close();
  });

  test("an open tab gives way to a migration and is told", async () => {
    const onGone = vi.fn();
    await openVersioned("m", [first], onGone);
    (await openVersioned("m", [first, second], nothing)).close();
    expect(onGone).toHaveBeenCalledTimes(1);
  });

  test("a tab that does not give way makes the opening fail, not wait", async () => {
    const stubborn = await openDB("m", 1, {
      upgrade: (db) => void db.createObjectStore("events", { keyPath: "key" }),
    });
    await expect(openVersioned("m", [first, second], nothing)).rejects.toThrow(/another tab/);
    stubborn.close();
  });
});

describe("databases of every released version", () => {
  test("version 1", async () => {
    const db = await openVersioned("becausal-history", historyMigrations.slice(0, v1.version), nothing);
    for (const row of v1.events) await db.put("events", row);
    db.close();
    const store = await openHistory({ makeChannel: () => null });
    expect(store.durable).toBe(true);
    expect((await store.load()).map(({ movieId, rating }) => [movieId, rating])).toEqual(v1.expected);
    expect(await store.setAside()).toEqual([]);
    store.close();
  });
});
