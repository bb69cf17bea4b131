import { describe, expect, test } from "vitest";
import { itemId } from "../core/ids.ts";
import type { ScoreFn, SlateQuery } from "../scores/score-fn.ts";
import { auditCase, type CaseMethod, type CaseNumbers } from "./case-audit.ts";
import { summarise } from "./case-summary.ts";
import type { Case } from "./cases.ts";
import { game, items, toyScore } from "./toy-fixture.ts";

/** Item 1 decides alone, item 2 does a tenth of it the other way; nothing else matters. */
const decided = game((kept) => (kept.includes(1) ? 2 : 0) - (kept.includes(2) ? 0.2 : 0));
const noise = game((kept, candidate) =>
  kept.reduce((sum, item) => sum + Math.sin(item * item + candidate), 0),
);
const one: Case = {
  id: "one",
  user: "user 1",
  history: items(3, 4, 1, 5, 2, 6),
  target: itemId(20),
  candidates: items(20, 21),
  cause: 2,
  distractor: 4,
};
const method: CaseMethod = { method: "shapley", question: "total", seed: 1, byChance: false };

async function run(over: Partial<CaseMethod> = {}, change: Partial<Case> = {}, asked: SlateQuery[] = []) {
  return auditCase(
    { ...one, ...change },
    { ...method, ...over },
    {
      score: toyScore(decided, asked),
      randomised: toyScore(noise),
      standIns: (_item, excluded) => items(20, 21, 30, 31).filter((item) => !excluded.has(item)),
      promptItems: 10,
      recommenderItems: 50,
    },
  );
}

describe.for(["leave-one-out", "replacement", "shapley"] as const)("a planted cause by %s", (name) => {
  test("is the top item, its distractor a tenth of it, and its deletion costs most", async () => {
    const found = await run({ method: name });
    expect(found.planted!.isTop).toBe(true);
    expect(found.planted!.cause).toBeCloseTo(2, 9);
    expect(found.planted!.distractor).toBeCloseTo(0.2, 9);
    expect(found.deletion!.top).toBeCloseTo(2, 9);
    expect(found.deletion!.random).toBeLessThan(1.5);
    expect(found.whole).toBeCloseTo(1.8, 9);
    expect(Math.abs(found.completenessError)).toBeLessThan(1e-9);
    expect(found.faithfulness.comprehensiveness).toBeCloseTo(2, 9);
    expect(found.items).toBe(6);
  });
});

test("a distractor above the cause is seen", async () => {
  const { planted } = await run({}, { cause: 4, distractor: 2 });
  expect(planted).toMatchObject({ isTop: false });
  expect(planted!.distractor! / planted!.cause).toBeCloseTo(10, 6);
});

test("a cause that speaks against the target is as much on top as one that speaks for it", async () => {
  const against = game((kept) => (kept.includes(1) ? -2 : 0) + (kept.includes(2) ? 0.2 : 0));
  const { planted } = await auditCase(one, method, {
    score: toyScore(against),
    randomised: toyScore(noise),
    standIns: () => items(30),
    promptItems: 10,
    recommenderItems: 50,
  });
  expect(planted!.isTop).toBe(true);
  expect(planted!.cause).toBeCloseTo(2, 9);
});

test("the target's rivals never stand in for an item", async () => {
  const asked: SlateQuery[] = [];
  await run({ method: "replacement" }, {}, asked);
  const seen = new Set(asked.flatMap(({ history }) => history));
  expect(seen).toContain(30);
  expect(seen).not.toContain(21);
});

test("the target's rank is among the case's candidates, and without any there is none", async () => {
  const favours = (target: number) =>
    auditCase({ ...one, target: itemId(target) }, method, {
      score: toyScore(game((_kept, candidate) => candidate)),
      randomised: toyScore(noise),
      standIns: () => items(30),
      promptItems: 10,
      recommenderItems: 50,
    });
  expect((await favours(21)).targetRank).toBe(1);
  expect((await favours(20)).targetRank).toBe(2);
  expect((await run({}, { candidates: null })).targetRank).toBeNull();
});

test("orders of chance are asked for only where they are wanted, and are worse than the map's", async () => {
  const plain: SlateQuery[] = [];
  expect((await run({}, {}, plain)).byChance).toBeNull();
  const compared = await run({ byChance: true });
  expect(compared.byChance!.faithfulness.deletionAuc).toBeGreaterThan(compared.faithfulness.deletionAuc);
});

test("each question is run once, but both ends of the whole, which are asked anew", async () => {
  const asked: SlateQuery[] = [];
  const { forwardPasses } = await run({}, {}, asked);
  const questions = asked.map((query) => JSON.stringify(query));
  expect(asked.length - new Set(questions).size).toBe(2);
  // All coalitions of either model, both ends again, and the slate of the target's rank.
  expect(forwardPasses).toBe(64 + 64 + 2 + 1);
});

test("a contrast is with the films that the target was chosen from, and needs some", async () => {
  // Every film but item 1 lifts all candidates alike, which decides nothing.
  const lifting = game((kept, candidate) => 5 * kept.length + (kept.includes(1) && candidate === 20 ? 2 : 0));
  const parts = {
    score: toyScore(lifting),
    randomised: toyScore(noise),
    standIns: () => items(30),
    promptItems: 10,
    recommenderItems: 50,
  };
  const contrast = await auditCase(one, { ...method, value: "contrast" }, parts);
  expect(contrast.planted).toEqual({
    isTop: true,
    cause: expect.closeTo(1, 9),
    distractor: expect.closeTo(0, 9),
  });
  expect(contrast.whole).toBeCloseTo(1, 9);
  expect(contrast.targetRank).toBe(1);
  const plain = await auditCase(one, method, parts);
  expect(plain.planted?.distractor).toBeCloseTo(5, 9);
  await expect(
    auditCase({ ...one, candidates: null }, { ...method, value: "contrast" }, parts),
  ).rejects.toMatchObject({ failure: { kind: "bad-request" } });
});

test("effects that do not fit what the model says when it is asked again do not add up", async () => {
  let calls = 0;
  const drifting: ScoreFn = (queries, ...rest) => {
    const shift = calls++ > 0 ? 0.25 : 0;
    return toyScore(game((kept) => (kept.includes(1) ? 2 + shift : 0)))(queries, ...rest);
  };
  const { completenessError } = await auditCase(one, method, {
    score: drifting,
    randomised: toyScore(noise),
    standIns: () => items(30),
    promptItems: 10,
    recommenderItems: 50,
  });
  expect(completenessError).toBeCloseTo(-0.25, 9);
});

describe("a summary", () => {
  let made = 0;
  const numbers = (over: Partial<CaseNumbers>): CaseNumbers => ({
    id: "x",
    user: `case ${made++}`,
    items: 6,
    whole: 1,
    completenessError: 0,
    faithfulness: { deletionAuc: 0, insertionAuc: 1, comprehensiveness: 1, sufficiency: 0 },
    normalised: null,
    byChance: null,
    deletion: null,
    randomised: null,
    targetRank: null,
    planted: null,
    forwardPasses: 1,
    ...over,
  });
  const find = (cases: readonly CaseNumbers[], name: string) =>
    summarise(cases, 1).find((each) => each.name === name);
  const RATIO = "top 3 / random 3, ratio of means";

  test("divides mean drops, not case by case, and its interval holds the value", () => {
    const cases = [3, 1, 2, 4].map((top, i) => numbers({ deletion: { top, random: i === 0 ? 0 : 1 } }));
    const { value, low, high, n } = find(cases, RATIO)!;
    expect(value).toBeCloseTo(10 / 3, 9);
    expect(n).toBe(4);
    expect(low).toBeLessThan(value);
    expect(high).toBeGreaterThan(value);
  });

  test("draws users, each with all cases: what is said many times by one person is said once", () => {
    const said = [0, 1, 0, 1, 1, 0, 1, 0].map((whole, user) => ({ whole, user: `user ${user}` }));
    const once = said.map(numbers);
    const often = said.flatMap((each) => Array.from({ length: 9 }, () => numbers(each)));
    const asIfMany = often.map(({ whole }) => numbers({ whole }));
    const widthOf = (cases: readonly CaseNumbers[]) => {
      const { low, high, n, users } = find(cases, "v(all) - v(none), nats")!;
      return { width: high - low, n, users };
    };
    expect(widthOf(often)).toEqual({ ...widthOf(once), n: 72 });
    expect(widthOf(often).users).toBe(8);
    expect(widthOf(asIfMany).width).toBeLessThan(widthOf(often).width / 2);
  });

  test("counts only the cases that have a figure, and leaves out a figure that none has", () => {
    const cases = [numbers({ randomised: 0.5 }), numbers({}), numbers({ randomised: -0.1 })];
    expect(find(cases, "rank correlation with random weights, mean")).toMatchObject({ n: 2 });
    expect(find(cases, "rank correlation with random weights, mean")!.value).toBeCloseTo(0.2, 9);
    expect(find(cases, "rank correlation with random weights, mean size")!.value).toBeCloseTo(0.3, 9);
    expect(find(cases, RATIO)).toBeUndefined();
    expect(find(cases, "target first of its candidates")).toBeUndefined();
  });

  test("shares of planted causes and ranks are counted over their cases", () => {
    const planted = (isTop: boolean, distractor: number | null) =>
      numbers({ planted: { isTop, cause: 2, distractor }, targetRank: isTop ? 1 : 3 });
    const cases = [planted(true, 0.2), planted(true, 1), planted(false, 4), planted(true, null)];
    expect(find(cases, "cause is the top item")).toMatchObject({ value: 0.75, n: 4 });
    expect(find(cases, "|distractor| / |cause|, median")).toMatchObject({ value: 0.5, n: 3 });
    expect(find(cases, "target first of its candidates")).toMatchObject({ value: 0.75, n: 4 });
  });

  test("repeats with its seed, and without a case there is nothing", () => {
    const cases = [1, 2, 5].map((whole) => numbers({ whole }));
    expect(summarise(cases, 3)).toEqual(summarise(cases, 3));
    expect(summarise([], 1)).toEqual([]);
  });
});
