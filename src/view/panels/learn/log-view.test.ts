import { describe, expect, test } from "vitest";
import type { LogRow } from "../../../adapt/log-row.ts";
import type { StoredRow } from "../../../adapt/log-storage.ts";
import { fixtureLog } from "./log-fixture.ts";
import { drawsUnlikeTheirSeed, moreRounds, reactionTo, tallyOf } from "./log-view.ts";

const rows = fixtureLog(60, "Sci-Fi");
const changed = (at: number, change: Partial<LogRow>): readonly StoredRow[] =>
  rows.map((stored, i) => (i === at ? { ...stored, row: { ...stored.row, ...change } as LogRow } : stored));

describe("a log in a person's terms", () => {
  test.for([
    [1, 300, "liked"],
    [0, 300, "dismissed"],
    // Ten seconds in sight say the same as a dismissal, and the log does not tell which it was.
    [0, 10_000, "passed"],
    [null, 60_000, "waiting"],
  ] as const)("y %s after %s ms is %s", ([y, visibleMs, reaction]) => {
    expect(reactionTo({ y, visibleMs })).toBe(reaction);
  });

  test("is counted whole, with what can be learned from", () => {
    const { y: _, ...first } = rows[0]!.row;
    const observed: LogRow = {
      t: first.t,
      policyVersion: 0,
      historyIds: [],
      slateIds: first.slateIds,
      a: 0,
      position: 0,
      visibleMs: 0,
      y: 1,
      tOutcome: null,
      source: "userSearch",
    };
    const tally = tallyOf([...changed(3, { y: null }), { key: 99, row: observed }]);
    expect(tally).toMatchObject({ rows: 61, drawn: 60, observed: 1, usable: 59 });
    const { liked, dismissed, passed, waiting } = tally.reactions;
    expect(waiting).toBe(1);
    expect(liked + dismissed + passed).toBe(59);
    expect(Math.min(liked, dismissed, passed)).toBeGreaterThan(3);
  });
});

describe("draws", () => {
  test("come out again from seed and counter", () => {
    expect(drawsUnlikeTheirSeed(rows)).toEqual([]);
  });
  test("that were tampered with are named", () => {
    const { row } = rows[5]!;
    expect(drawsUnlikeTheirSeed(changed(5, { a: (row.a + 1) % 20 }))).toEqual([5]);
    expect(drawsUnlikeTheirSeed(changed(5, { counter: 6 } as Partial<LogRow>))).toEqual([6]);
  });
});

describe("how many rounds are missing", () => {
  test.for([
    [20, 10, 80],
    [100, 49, 3],
    [100, 49.99, 1],
    [0, 0, 50],
  ] as const)("%s rounds worth %s: %s more", ([n, effective, more]) => {
    expect(moreRounds(n, effective, 50)).toBe(more);
  });
  test("is finite where the log says nothing at all", () => {
    expect(moreRounds(40, 0, 50)).toBe(5000);
  });
});
