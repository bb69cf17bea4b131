import { expect, test } from "vitest";
import { softmax } from "../core/softmax.ts";
import { brierScore, reliability } from "./calibration.ts";

/** Scores whose softmax is these probabilities. */
const scoresOf = (...shares: number[]) => shares.map((share) => Math.log(share));

test("probabilities add up, however large the scores", () => {
  const shown = softmax([1000, 1000, -1000]);
  expect(shown).toEqual([0.5, 0.5, 0]);
});

test("the Brier score is the sum of squared errors; a target off the slate had probability 0", () => {
  expect(brierScore({ scores: scoresOf(0.7, 0.3), target: 0 })).toBeCloseTo(0.09 + 0.09, 12);
  expect(brierScore({ scores: scoresOf(0.7, 0.3), target: -1 })).toBeCloseTo(0.49 + 0.09 + 1, 12);
});

test("who says 70 % and is right 7 times in 10 is calibrated", () => {
  const cases = Array.from({ length: 10 }, (_, i) => ({
    scores: scoresOf(0.75, 0.25),
    target: i < 7 ? 0 : 1,
  }));
  const { expectedCalibrationError, bins } = reliability(cases);
  expect(expectedCalibrationError).toBeCloseTo(0.05, 12);
  expect(bins.filter(({ n }) => n > 0)).toEqual([
    { from: 0.7, to: 0.8, n: 10, meanProbability: expect.closeTo(0.75, 12), hitRate: 0.7 },
  ]);
  expect(bins).toHaveLength(10);
});

test("gaps of different bins do not cancel", () => {
  const cases = [
    { scores: scoresOf(0.9, 0.1), target: 1 },
    { scores: scoresOf(0.55, 0.45), target: 0 },
  ];
  expect(reliability(cases).expectedCalibrationError).toBeCloseTo((0.9 + 0.45) / 2, 12);
});

test("certainty falls into the last bin", () => {
  expect(reliability([{ scores: [1000, 0], target: 0 }]).bins[9]).toMatchObject({ n: 1, meanProbability: 1 });
});
