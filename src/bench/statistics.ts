/** @file How repeated timings are summed up: medians, and ratios of runs that were taken in turn. */
import { invariant, present } from "../core/invariant.ts";

/** The middle value; of an even number of them the mean of the middle two. */
export function median(values: readonly number[]): number {
  invariant(values.length > 0, "a median needs at least one value");
  const sorted = [...values].sort((a, b) => a - b);
  const upper = present(sorted[sorted.length >> 1], "the middle value");
  if (sorted.length % 2 === 1) return upper;
  return (present(sorted[(sorted.length >> 1) - 1], "the value below the middle") + upper) / 2;
}

/** A quotient with the least and the most that single runs give. */
export interface Ratio {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

/**
 * How many times longer `others` took than `ours`: the median over rounds of the quotient within a round, so that what slows the
 * machine down for a while touches both sides of a quotient alike. Round i is `others[i] / ours[i]`; the lengths must be equal.
 */
export function timesFaster(ours: readonly number[], others: readonly number[]): Ratio {
  invariant(ours.length === others.length, `${ours.length} and ${others.length} runs were not taken in turn`);
  const quotients = others.map((other, round) => other / present(ours[round], `run ${round}`));
  return { median: median(quotients), low: Math.min(...quotients), high: Math.max(...quotients) };
}
