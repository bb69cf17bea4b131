/** @file Whether shown probabilities can be believed. */
import { present } from "../core/invariant.ts";
import { softmax } from "../core/softmax.ts";
import type { Calibration } from "./result-file.ts";

/** One question as it is shown: scores of the candidates and the target's place, -1 where it is none of them. */
export interface ShownCase {
  readonly scores: readonly number[];
  readonly target: number;
}

export const CALIBRATION_BINS = 10;

/** Sum of (p - [target])^2 over the candidates, in [0, 2] (Brier 1950); a target that is not among them had the probability 0. */
export function brierScore({ scores, target }: ShownCase): number {
  const errors = softmax(scores).map((p, place) => (p - (place === target ? 1 : 0)) ** 2);
  return errors.reduce((sum, error) => sum + error, target < 0 ? 1 : 0);
}

/** Reliability of the first candidate's probability in bins of equal width, and the mean gap weighted by their counts (Guo et al. 2017). */
export function reliability(
  cases: readonly ShownCase[],
): Pick<Calibration, "bins" | "expectedCalibrationError"> {
  const sums = Array.from({ length: CALIBRATION_BINS }, () => ({ n: 0, probability: 0, hits: 0 }));
  for (const { scores, target } of cases) {
    const shown = softmax(scores);
    const confidence = Math.max(...shown);
    const first = shown.indexOf(confidence);
    const at = Math.min(CALIBRATION_BINS - 1, Math.floor(confidence * CALIBRATION_BINS));
    const bin = present(sums[at], "a bin");
    bin.n++;
    bin.probability += confidence;
    bin.hits += first === target ? 1 : 0;
  }
  const gaps = sums.map(({ probability, hits }) => Math.abs(probability - hits));
  return {
    expectedCalibrationError: gaps.reduce((sum, gap) => sum + gap, 0) / cases.length,
    bins: sums.map(({ n, probability, hits }, i) => ({
      from: i / CALIBRATION_BINS,
      to: (i + 1) / CALIBRATION_BINS,
      n,
      meanProbability: n === 0 ? null : Math.min(1, probability / n),
      hitRate: n === 0 ? null : hits / n,
    })),
  };
}
