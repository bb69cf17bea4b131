/** @file Intervals of a mean of contributions, beside Student's. */
import { invariant } from "../../core/invariant.ts";
import { bootstrapMeans } from "../user-bootstrap.ts";
import type { Contributions } from "./estimators.ts";

export interface Band {
  readonly low: number;
  readonly high: number;
}

/**
 * mean -+ [sqrt(2 s^2 ln(4 / 0.05) / n) + 7 R ln(4 / 0.05) / (3 (n - 1))], R the range of a contribution: at least 95 % at any n
 * (empirical Bernstein bound, Maurer and Pontil 2009, theorem 4, once for each side). Wide, and right where few rounds make a t interval too narrow.
 */
export function empiricalBernstein({ perRound, least, most }: Contributions): Band {
  const n = perRound.length;
  invariant(n >= 2, `an interval needs two rounds, got ${n}`);
  const mean = perRound.reduce((sum, z) => sum + z, 0) / n;
  const variance = perRound.reduce((sum, z) => sum + (z - mean) ** 2, 0) / (n - 1);
  const log = Math.log(4 / 0.05);
  const reach = Math.sqrt((2 * variance * log) / n) + (7 * (most - least) * log) / (3 * (n - 1));
  return { low: mean - reach, high: mean + reach };
}

/**
 * 95 % percentile interval over resamples of whole users (Efron 1979), or of rounds where `users` is null: one person's rounds are all there
 * is. Of a ratio (SNIPS) its linear part is resampled.
 */
export function bootstrapBand(
  { perRound }: Contributions,
  users: readonly string[] | null,
  draws: { readonly resamples: number; readonly seed: number },
): Band {
  const units = users ?? Array.from(perRound, (_, i) => `${i}`);
  const [band] = bootstrapMeans([perRound], units, draws);
  invariant(band !== undefined, "one row in, one band out");
  return { low: band.low, high: band.high };
}
