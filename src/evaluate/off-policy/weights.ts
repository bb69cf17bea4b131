/** @file Importance weights, and what is done to large ones. */
import { invariant, present } from "../../core/invariant.ts";
import type { FittedQuestion, Question } from "./question.ts";

/** What stands in a weight's place. */
export type WeightMap = (weight: number) => number;

export const asTheyAre: WeightMap = (weight) => weight;

/** min(w, tau). */
export function clippedAt(tau: number): WeightMap {
  return (weight) => Math.min(weight, tau);
}

/** Rounds reduced to what estimators need. All arrays are [rounds]. */
export interface WeightedRounds {
  /** w = pi(a | x) / p(a | x) of the drawn place, mapped. */
  readonly weight: Float64Array;
  readonly reward: Float64Array;
  /** ghat(x, a) of the drawn place; 0 without a reward model. */
  readonly fitted: Float64Array;
  /** sum_a pi(a | x) ghat(x, a); 0 without a reward model. */
  readonly direct: Float64Array;
  /** The largest mapped weight that any draw could have had. */
  readonly mostWeight: number;
  /** Least and most of direct + w (y - ghat) over every place that could have been drawn, for rewards in [0, 1]. */
  readonly least: number;
  readonly most: number;
}

export function weigh(question: Question | FittedQuestion, map: WeightMap): WeightedRounds {
  const { rounds, target } = question;
  const fitted = "fitted" in question ? question.fitted : null;
  const n = rounds.length;
  invariant(target.length === n, `${target.length} target policies for ${n} rounds`);
  invariant(fitted === null || fitted.length === n, `${fitted?.length} fitted rewards for ${n} rounds`);
  const weighted = {
    weight: new Float64Array(n),
    reward: new Float64Array(n),
    fitted: new Float64Array(n),
    direct: new Float64Array(n),
  };
  let mostWeight = 0;
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  for (const [i, { action, reward, propensities }] of rounds.entries()) {
    const pi = present(target[i], "a target policy");
    const g = fitted === null ? null : present(fitted[i], "fitted rewards");
    const places = propensities.length;
    invariant(pi.length === places && (g === null || g.length === places), `round ${i} has one slate`);
    invariant(
      (propensities[action] ?? 0) > 0,
      `round ${i} was drawn at a place with a propensity of 0 or none`,
    );
    invariant(reward >= 0 && reward <= 1, `rewards are in [0, 1], got ${reward}`);
    let direct = 0;
    if (g !== null) for (let a = 0; a < places; a++) direct += (pi[a] as number) * (g[a] as number);
    for (let a = 0; a < places; a++) {
      const p = propensities[a] as number;
      if (p === 0) continue;
      const w = map((pi[a] as number) / p);
      const ghat = g === null ? 0 : (g[a] as number);
      if (w > mostWeight) mostWeight = w;
      if (direct - w * ghat < least) least = direct - w * ghat;
      if (direct + w * (1 - ghat) > most) most = direct + w * (1 - ghat);
      if (a !== action) continue;
      weighted.weight[i] = w;
      weighted.fitted[i] = ghat;
    }
    weighted.reward[i] = reward;
    weighted.direct[i] = direct;
  }
  return { ...weighted, mostWeight, least, most };
}
