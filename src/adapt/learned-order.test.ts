import { describe, expect, test } from "vitest";
import { itemId } from "../core/ids.ts";
import type { RankedItem } from "../scores/recommend.ts";
import { filmFeatures } from "./film-features.ts";
import { type LearnedPolicy, learnedOrder, learnedScores } from "./learned-order.ts";

/** Four films in two directions; of the second all have the same. */
const space = {
  items: 4,
  attributes: Float64Array.from([0, 0.3, 1, 0.3, 1, 0.3, 1, 0.3]),
  directions: [{ id: "new" }, { id: "long" }],
};
const features = filmFeatures(space);
const film = (item: number, shown: number): RankedItem => ({
  item: itemId(item),
  verdict: shown - 1,
  sasrec: 0,
  shown,
  probability: 0.1,
  sasrecRank: 1,
});
const slate = [film(0, 1), film(2, 0.5), film(1, 0.5), film(3, 0)];
const policy = (...theta: number[]): LearnedPolicy => ({
  version: 1,
  theta: Float64Array.from(theta),
  features,
});

describe("features of films", () => {
  test("have mean 0 and deviation 1 over the catalogue; what all share is 0", () => {
    const psi = features.of([0, 1, 2, 3].map(itemId));
    const first = [0, 1, 2, 3].map((item) => psi[item * 2] ?? Number.NaN);
    expect(first.reduce((sum, value) => sum + value, 0)).toBeCloseTo(0, 12);
    expect(first.reduce((sum, value) => sum + value * value, 0) / 4).toBeCloseTo(1, 12);
    expect([0, 1, 2, 3].map((item) => psi[item * 2 + 1])).toEqual([0, 0, 0, 0]);
  });
  test("come in the order that is asked for", () => {
    const psi = features.of([3, 0].map(itemId));
    expect([psi.length, (psi[0] ?? 0) > 0, (psi[2] ?? 0) < 0]).toEqual([4, true, true]);
  });
  test("there are none beyond the catalogue", () => {
    expect(() => features.of([itemId(4)])).toThrow(/film 4 of a catalogue of 4/);
  });
});

describe("a slate", () => {
  test("with nothing learned is the slate itself", () => {
    expect(learnedOrder(slate, null)).toBe(slate);
    expect([...learnedScores(slate, null)]).toEqual([1, 0.5, 0.5, 0]);
  });
  test("moves by what was learned, and equals keep their order", () => {
    const learned = policy(1, 5);
    const shift = 1 / Math.sqrt(3);
    const scores = learnedScores(slate, learned);
    for (const [place, expected] of [1 - 3 * shift, 0.5 + shift, 0.5 + shift, shift].entries())
      expect(scores[place]).toBeCloseTo(expected, 12);
    expect(learnedOrder(slate, learned)).toEqual([slate[1], slate[2], slate[3], slate[0]]);
  });
  test("leaves what the model said of a film as it is", () => {
    expect(new Set(learnedOrder(slate, policy(-2, 0)))).toEqual(new Set(slate));
  });
});
