import { describe, expect, test } from "vitest";
import { readLog } from "./log-row.ts";

const slot = {
  t: 1_000,
  policyVersion: 0,
  historyIds: [3, 4],
  slateIds: [10, 11, 12],
  source: "slot",
  p: [0.8, 0.1, 0.1],
  a: 1,
  position: 0,
  eps: 0.3,
  randomised: true,
  seed: 7,
  counter: 0,
  visibleMs: 12_000,
  y: 1,
  tOutcome: 4_000,
};
const { p: _p, eps: _eps, randomised: _randomised, seed: _seed, counter: _counter, ...bare } = slot;
const observed = { ...bare, source: "userSearch" };

const bytesOf = (...lines: readonly unknown[]) =>
  new TextEncoder().encode(
    lines.map((line) => (typeof line === "string" ? line : JSON.stringify(line))).join("\n"),
  );

describe("a log", () => {
  test("has drawn rows and observed ones", () => {
    const { rows, badLines } = readLog(
      bytesOf(slot, "", observed, { ...observed, p: null, y: null }),
      "log.jsonl",
    );
    expect(badLines).toBe(0);
    expect(rows.map(({ line, row }) => [line, row.source, row.y])).toEqual([
      [1, "slot", 1],
      [3, "userSearch", 1],
      [4, "userSearch", null],
    ]);
  });

  test("may say the scores that a slate had before anything was learned", () => {
    const baseScores = [-1.5, 0.25, 2];
    const { rows, badLines } = readLog(bytesOf(slot, { ...slot, baseScores }), "log.jsonl");
    expect(badLines).toBe(0);
    expect(rows.map(({ row }) => (row.source === "slot" ? row.baseScores : null))).toEqual([
      undefined,
      baseScores,
    ]);
  });

  test.for<readonly [unknown, RegExp]>([
    ["{", /not JSON/],
    [{ ...slot, p: [0.8, 0.2] }, /p has 2 numbers for 3 films/],
    [{ ...slot, p: [0.8, 0.1, 0.2] }, /p sums to 1\.1/],
    [{ ...slot, p: [0.9, 0, 0.1] }, /p is 0 for the film/],
    [{ ...slot, p: [1.2, -0.1, -0.1] }, /^p\.0: /],
    [{ ...slot, p: null }, /^p: /],
    [{ ...slot, baseScores: [1, 2] }, /baseScores has 2 numbers for 3 films/],
    [{ ...slot, baseScores: [1, 2, null] }, /^baseScores\.2: /],
    [{ ...observed, p: [0.8, 0.1, 0.1] }, /^p: /],
    [{ ...slot, a: 3 }, /a is 3 in a slate of 3/],
    [{ ...slot, slateIds: [1, 1, 2] }, /twice/],
    [{ ...slot, slateIds: [], p: [] }, /^slateIds: /],
    [{ ...slot, y: 2 }, /^y: /],
    [{ ...slot, tOutcome: 1 }, /before t/],
    [{ ...slot, source: "guess" }, /^source: /],
    [{ ...slot, fitted: [1] }, /fitted has 1/],
    [{ ...slot, seed: -1 }, /^seed: /],
  ])("names a bad line and keeps the others: %j", ([line, reason]) => {
    const { rows, badLines, problems } = readLog(bytesOf(slot, line, slot), "log.jsonl");
    expect(rows.map((each) => each.line)).toEqual([1, 3]);
    expect(badLines).toBe(1);
    expect(problems).toEqual([{ line: 2, reason: expect.stringMatching(reason) }]);
  });

  test("counts more bad lines than it names", () => {
    const { badLines, problems } = readLog(bytesOf(slot, ...Array(25).fill("x")), "log.jsonl");
    expect([badLines, problems.length]).toEqual([25, 10]);
  });

  test("without a row is refused", () => {
    expect(() => readLog(bytesOf(""), "log.jsonl")).toThrow(/log\.jsonl cannot be read: it has no row/);
    expect(() => readLog(bytesOf("x"), "log.jsonl")).toThrow(/no line is a row; line 1: it is not JSON/);
    expect(() => readLog(Uint8Array.of(0xff), "log.jsonl")).toThrow(/UTF-8/);
  });
});
