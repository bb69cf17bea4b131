import { IDBFactory } from "fake-indexeddb";
import "fake-indexeddb/auto";
import { openDB } from "idb";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { itemId } from "../core/ids.ts";
import { drawSlot } from "./exploration-slot.ts";
import { type LogRow, readLog } from "./log-row.ts";
import { type DrawPlace, LOG_DATABASE, type LogStorage, openLogStorage } from "./log-storage.ts";

let opened: LogStorage[] = [];
let seeds = 0;
beforeEach(() => vi.stubGlobal("indexedDB", new IDBFactory()));
afterEach(() => {
  for (const log of opened) log.close();
  opened = [];
  seeds = 0;
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

async function open(): Promise<LogStorage> {
  const log = await openLogStorage({ makeSeed: () => ++seeds });
  opened.push(log);
  return log;
}

const slate = [10, 11, 12].map(itemId);
const scores = [1, 0.5, 0];

function drawn({ seed, counter }: DrawPlace): LogRow {
  const draw = drawSlot({ scores, temperature: 1, epsilon: 0.3, seed, counter });
  return {
    ...{ t: 1_000, policyVersion: 0, historyIds: [itemId(3)], slateIds: slate, source: "slot" as const },
    ...{ a: draw.place, p: [...draw.propensities], eps: 0.3, randomised: draw.isRandomised, seed, counter },
    ...{ position: 4, visibleMs: 0, y: null, tOutcome: null },
  };
}

async function placesOf(log: LogStorage): Promise<DrawPlace[]> {
  const { rows } = await log.read();
  return rows.flatMap(({ row }) => (row.source === "slot" ? [{ seed: row.seed, counter: row.counter }] : []));
}

/** Writes what another program would, past every check. */
async function plant(value: unknown): Promise<void> {
  const db = await openDB(LOG_DATABASE);
  await db.add("rows", value);
  db.close();
}

describe("the log", () => {
  test("keeps rows and outcomes beyond the page, and every draw can be made again", async () => {
    const first = await open();
    const keys = [await first.append(drawn), await first.append(drawn)];
    await first.complete(keys[1] ?? 0, { visibleMs: 12_000, y: 1, tOutcome: 4_000 });
    first.close();
    const { rows, unreadable } = await (await open()).read();
    expect(unreadable).toEqual([]);
    expect(rows.map(({ row }) => [row.y, row.visibleMs])).toEqual([
      [null, 0],
      [1, 12_000],
    ]);
    for (const { row } of rows) {
      if (row.source !== "slot") throw new Error("only draws were logged");
      const { place, propensities } = drawSlot({ scores, temperature: 1, epsilon: row.eps, ...row });
      expect([row.a, row.p]).toEqual([place, [...propensities]]);
    }
  });

  test("gives every draw of every tab its own place, under one seed", async () => {
    const tabs = [await open(), await open()];
    await Promise.all(Array.from({ length: 20 }, (_, i) => tabs[i % 2]?.append(drawn)));
    const places = await placesOf(await open());
    expect(new Set(places.map(({ counter }) => counter))).toEqual(new Set(Array(20).keys()));
    expect(new Set(places.map(({ seed }) => seed)).size).toBe(1);
  });

  test("counts every verdict that was given on it, of whichever tab", async () => {
    const tabs = [await open(), await open()];
    const counts = await Promise.all([0, 1, 0].map((tab) => tabs[tab]?.countLook()));
    expect(new Set(counts)).toEqual(new Set([1, 2, 3]));
    expect((await (await open()).read()).looks).toBe(3);
    await tabs[0]?.erase();
    expect((await (await open()).read()).looks).toBe(0);
  });

  test("refuses what is no row and stays as it was", async () => {
    const log = await open();
    const key = await log.append(drawn);
    await expect(log.append((place) => ({ ...drawn(place), slateIds: [] }))).rejects.toThrow(/slateIds/);
    await expect(log.complete(key, { visibleMs: 1, y: 2, tOutcome: 2_000 })).rejects.toThrow(/^.*y: /);
    await expect(log.complete(99, { visibleMs: 1, y: 1, tOutcome: 2_000 })).rejects.toThrow(/no row 99/);
    expect((await log.read()).rows.map(({ row }) => row.y)).toEqual([null]);
  });

  test("names rows that cannot be read and lets them out as they are", async () => {
    const log = await open();
    await log.append(drawn);
    await plant({ not: "a row" });
    const { rows, unreadable } = await log.read();
    expect([rows.length, unreadable.map(({ key }) => key)]).toEqual([1, [2]]);
    const lines = await log.exportLines();
    expect(lines).toContain('{"not":"a row"}');
    const read = readLog(new TextEncoder().encode(lines), "log.jsonl");
    expect([read.rows.length, read.badLines]).toEqual([1, 1]);
  });

  test("is gone when erased, seed and all", async () => {
    const log = await open();
    await log.append(drawn);
    await log.erase();
    expect((await log.read()).rows).toEqual([]);
    const again = await open();
    await again.append(drawn);
    expect(await placesOf(again)).toEqual([{ seed: 2, counter: 0 }]);
  });

  test("says so where the browser has no storage", async () => {
    vi.stubGlobal("indexedDB", undefined);
    await expect(openLogStorage()).rejects.toMatchObject({ failure: { kind: "storage-failed" } });
  });
});
