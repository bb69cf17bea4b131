import { describe, expect, test } from "vitest";
import { catalogueRank, figuresOf, firstDifference, shownList } from "./figures.ts";
import type { EvaluationResult, Metric, Mode } from "./result-file.ts";
import { DRAWN_CASES, FULL_CASES, resultOf } from "./result-fixture.ts";

const drawn = resultOf(DRAWN_CASES, { protocol: "llara", modes: ["popularity", "sasrec", "fused"] });
const full = resultOf(FULL_CASES, { protocol: "full", modes: ["popularity", "sasrec", "hybrid"] });

function figure(
  { metrics }: EvaluationResult,
  name: Metric["name"],
  k: number | null,
  mode: Mode,
  { minus = null, watchedLast = false }: Partial<Pick<Metric, "minus" | "watchedLast">> = {},
): Metric | undefined {
  return metrics.find(
    (row) =>
      row.name === name &&
      row.k === k &&
      row.mode === mode &&
      row.minus === minus &&
      row.watchedLast === watchedLast,
  );
}

describe("among drawn candidates", () => {
  test("draws of a question are averaged, and questions counted", () => {
    // a: draw 0 is behind one and level with two, draw 1 is first; b is behind three.
    expect(figure(drawn, "HR", 1, "popularity")).toMatchObject({ value: 0.25, n: 2, users: 2 });
    expect(figure(drawn, "HR", 1, "sasrec")?.value).toBe(0.25);
    expect(figure(drawn, "HR", 1, "fused")?.value).toBe(0.75);
    expect(drawn.answers.filter(({ watchedLast }) => !watchedLast)).toEqual([
      { mode: "popularity", watchedLast: false, correct: 0.5, total: 2, validRatio: 1 },
      { mode: "sasrec", watchedLast: false, correct: 0.5, total: 2, validRatio: 1 },
      { mode: "fused", watchedLast: false, correct: 1.5, total: 2, validRatio: 1 },
    ]);
  });

  test("a figure is its mean over the places that ties allow", () => {
    const wider = DRAWN_CASES.map((each) => ({
      ...each,
      candidates: [...each.candidates, 4, 5],
      scores: { popularity: [...(each.scores.popularity ?? []), -1, -1] },
    }));
    // Draw 0 of a stands 2nd, 3rd or 4th; draw 1 first; b 4th.
    const atFive = resultOf(wider, { protocol: "llara", modes: ["popularity"] });
    const places = ((1 / 2 + 1 / 3 + 1 / 4) / 3 + 1) / 2;
    expect(figure(atFive, "MRR", 5, "popularity")?.value).toBeCloseTo((places + 1 / 4) / 2, 12);
  });

  test("films rated before are ranked last where that is asked", () => {
    expect(figure(drawn, "HR", 1, "fused", { watchedLast: true })?.value).toBe(1);
  });

  test("differences are paired with SASRec and between the language model's modes", () => {
    expect(figure(drawn, "HR", 1, "fused", { minus: "sasrec" })).toMatchObject({
      value: 0.5,
      low: 0,
      high: 1,
    });
    expect(figure(drawn, "HR", 1, "popularity", { minus: "fused" })).toBeUndefined();
  });

  test("there is no coverage", () => {
    expect(figure(drawn, "Coverage", 10, "sasrec")).toBeUndefined();
  });

  test("modes whose scores are no log-odds have no calibration", () => {
    expect(drawn.calibration.map(({ mode, n }) => [mode, n])).toEqual([
      ["sasrec", 3],
      ["fused", 3],
    ]);
  });
});

describe("in the whole catalogue", () => {
  const [onSlate, offSlate] = FULL_CASES as [(typeof FULL_CASES)[number], (typeof FULL_CASES)[number]];

  test("a target on the slate is ranked there, another keeps SASRec's rank", () => {
    expect(catalogueRank(onSlate, "hybrid")).toBe(0);
    expect(catalogueRank(offSlate, "hybrid")).toBe(3);
    expect(catalogueRank(offSlate, "popularity")).toBe(0);
  });

  test("the list of a reranked slate is the slate by its scores", () => {
    expect(shownList(onSlate, "hybrid")).toEqual([2, 0, 1]);
    expect(shownList(onSlate, "sasrec")).toEqual([1, 0, 2]);
  });

  test("recall, hits and gains", () => {
    expect(figure(full, "SlateRecall", 3, "sasrec")?.value).toBe(0.5);
    expect(figure(full, "HR", 1, "hybrid")?.value).toBe(0.5);
    expect(figure(full, "HR", 5, "sasrec")?.value).toBe(1);
    expect(figure(full, "NDCG", 5, "hybrid")?.value).toBeCloseTo((1 + 1 / Math.log2(5)) / 2, 12);
    expect(figure(full, "MRR", 5, "hybrid")?.value).toBeCloseTo((1 + 1 / 4) / 2, 12);
  });

  test("coverage counts different films, popularity is a percentile with equals counted half", () => {
    expect(figure(full, "Coverage", 1, "hybrid")).toMatchObject({ value: 2 / 6, low: null, high: null });
    // Films 0, 1, 2 stand above 5.5, 4.5 and 3.5 of six; films 3 and 4 share 1 + 2 / 2.
    expect(figure(full, "TopPopularity", 10, "hybrid")?.value).toBeCloseTo((5.5 + 4.5 + 3.5) / 3 / 6, 12);
    expect(figure(full, "PopularityBias", 10, "hybrid")?.value).toBeCloseTo((4.5 - 2) / 6, 12);
  });
});

test("without cases there are no figures", () => {
  expect(figuresOf({ ...drawn, cases: [] })).toEqual({ metrics: [], answers: [], calibration: [] });
});

test("stored figures are checked against the cases", () => {
  expect(firstDifference(full)).toBeNull();
  const [first, ...others] = full.metrics;
  const wrong = { ...full, metrics: [{ ...first!, value: first!.value + 1e-6 }, ...others] };
  expect(firstDifference(wrong)).toMatch(/^metrics: .*"popularity".* is stored, the cases give /);
  expect(firstDifference({ ...full, metrics: others })).toMatch(/^metrics: /);
  expect(firstDifference({ ...full, answers: [] })).toMatch(/0 rows are stored, the cases give 3/);
});
