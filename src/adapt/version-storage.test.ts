import { IDBFactory } from "fake-indexeddb";
import "fake-indexeddb/auto";
import { openDB } from "idb";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { openVersionStorage, VERSIONS_DATABASE, type VersionStorage } from "./version-storage.ts";
import { type AcceptedPolicy, currentVersion, NOTHING_LEARNED } from "./versions.ts";

let opened: VersionStorage[] = [];
beforeEach(() => vi.stubGlobal("indexedDB", new IDBFactory()));
afterEach(() => {
  for (const storage of opened) storage.close();
  opened = [];
  vi.unstubAllGlobals();
});

async function open(): Promise<VersionStorage> {
  const storage = await openVersionStorage();
  opened.push(storage);
  return storage;
}

const accepted = (...theta: number[]): AcceptedPolicy => ({
  head: "linear",
  objective: "dr-cpo",
  theta,
  weighs: theta.map((_, d) => `direction-${d}`),
  figures: {
    rows: 200,
    effectiveSize: 90,
    currentValue: 0.3,
    proposedValue: 0.4,
    improvement: { value: 0.1, standardError: 0.02, low: 0.06, high: 0.14 },
    confidence: 0.97,
  },
  acceptedAt: 5_000,
});

/** Writes what another program would, past every check. */
async function plant(store: "records" | "state", value: unknown, key: number | string): Promise<void> {
  const db = await openDB(VERSIONS_DATABASE);
  await db.put(store, value, key);
  db.close();
}

describe("what was learned", () => {
  test("is nothing at first", async () => {
    expect(await (await open()).read()).toEqual({ versions: NOTHING_LEARNED, unreadable: [] });
  });

  test("is there beyond the page, with every version that was ever in force", async () => {
    const storage = await open();
    await storage.adopt(accepted(1, 2), 0);
    await storage.undo(1);
    const { current, records } = await storage.adopt(accepted(3, 4), 0);
    storage.close();
    const { versions } = await (await open()).read();
    expect(versions).toEqual({ current, records });
    expect(versions.current).toBe(2);
    expect(versions.records.map(({ version, parent, theta }) => [version, parent, theta])).toEqual([
      [1, 0, [1, 2]],
      [2, 0, [3, 4]],
    ]);
    expect((await (await open()).undo(2)).current).toBe(0);
  });

  test("is not replaced by what was found better than something else", async () => {
    const [here, there] = [await open(), await open()];
    await there.adopt(accepted(1), 0);
    await expect(here.adopt(accepted(2), 0)).rejects.toMatchObject({ failure: { kind: "bad-request" } });
    expect((await here.undo(7)).current).toBe(1);
    expect((await here.read()).versions.records).toHaveLength(1);
  });

  test("a damaged version is named and stays; the others are read, and its number is not given again", async () => {
    const storage = await open();
    await storage.adopt(accepted(1), 0);
    await storage.adopt(accepted(2), 1);
    const damaged = { ...accepted(3), version: 2, parent: 1, theta: [Number.NaN] };
    await plant("records", damaged, 2);
    const { versions, unreadable } = await storage.read();
    expect(unreadable).toEqual([{ version: 2, reason: expect.stringMatching(/^theta\.0: /) }]);
    expect([versions.current, versions.records.map(({ version }) => version)]).toEqual([0, [1]]);
    const next = await storage.adopt(accepted(4), 0);
    expect(currentVersion(next)).toMatchObject({ version: 3, parent: 0 });
    const db = await openDB(VERSIONS_DATABASE);
    expect(await db.get("records", 2)).toEqual(damaged);
    db.close();
  });

  test("going back from a version whose parent cannot be read ends at the model as it was trained", async () => {
    const storage = await open();
    await storage.adopt(accepted(1), 0);
    await storage.adopt(accepted(2), 1);
    await plant("records", "nonsense", 1);
    expect((await storage.read()).versions.current).toBe(2);
    expect((await storage.undo(2)).current).toBe(0);
  });

  test("is gone when erased", async () => {
    const storage = await open();
    await storage.adopt(accepted(1), 0);
    await storage.erase();
    expect((await (await open()).read()).versions).toEqual(NOTHING_LEARNED);
  });

  test("what was not accepted does not get in", async () => {
    const storage = await open();
    const figures = {
      ...accepted(1).figures,
      improvement: { value: 0.1, standardError: 1, low: -1, high: 1.2 },
    };
    await expect(storage.adopt({ ...accepted(1), figures }, 0)).rejects.toThrow(/accepted/);
    expect((await storage.read()).versions).toEqual(NOTHING_LEARNED);
  });

  test("says so where the browser has no storage", async () => {
    vi.stubGlobal("indexedDB", undefined);
    await expect(openVersionStorage()).rejects.toMatchObject({ failure: { kind: "storage-failed" } });
  });
});
