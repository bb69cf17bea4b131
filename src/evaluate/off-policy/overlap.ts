/** @file How much a log can say about a target policy. */
import type { Question } from "./question.ts";
import { asTheyAre, weigh } from "./weights.ts";

/** Below this effective size no value is given: it would be a few rounds' luck. */
export const LEAST_EFFECTIVE_SIZE = 50;

export interface Overlap {
  readonly n: number;
  /** (sum w)^2 / sum w^2 (Kish 1965): as many rounds drawn by the target itself would tell as much. 0 where all weights are 0. */
  readonly effectiveSize: number;
  /** Mean of w: 1 but for chance where the propensities are right and cover the target. */
  readonly meanWeight: number;
  readonly largestWeight: number;
  /** The largest weight that a draw could have had. */
  readonly largestPossibleWeight: number;
  /** Share of rounds whose weight is above the clip. */
  readonly clippedShare: number;
  /** Mean probability of the target on places that could not be drawn (p = 0): nothing is known of them. */
  readonly uncoveredMass: number;
}

export function describeOverlap(question: Question, clip: number): Overlap {
  const { rounds, target } = question;
  const n = rounds.length;
  const { weight, mostWeight } = weigh(question, asTheyAre);
  let [total, squares, largest, clipped, uncovered] = [0, 0, 0, 0, 0];
  for (const w of weight) {
    total += w;
    squares += w * w;
    largest = Math.max(largest, w);
    if (w > clip) clipped++;
  }
  for (const [i, { propensities }] of rounds.entries()) {
    const pi = target[i];
    for (let a = 0; a < propensities.length; a++) if (propensities[a] === 0) uncovered += pi?.[a] ?? 0;
  }
  const mean = (sum: number) => (n === 0 ? 0 : sum / n);
  return {
    n,
    effectiveSize: squares === 0 ? 0 : (total * total) / squares,
    meanWeight: mean(total),
    largestWeight: largest,
    largestPossibleWeight: mostWeight,
    clippedShare: mean(clipped),
    uncoveredMass: mean(uncovered),
  };
}
