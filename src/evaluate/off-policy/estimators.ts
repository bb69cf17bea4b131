/**
 * @file Estimators of a target policy's value. Each gives one contribution per round, z_i, with V = mean z: intervals and paired differences
 * need no more. w_i = pi(a_i | x_i) / p(a_i | x_i); d_i = sum_a pi(a | x_i) ghat(x_i, a).
 */
import type { FittedQuestion, Question } from "./question.ts";
import { asTheyAre, clippedAt, type WeightedRounds, type WeightMap, weigh } from "./weights.ts";

export interface Contributions {
  /** [rounds]; their mean is the estimate. */
  readonly perRound: Float64Array;
  /** Between what a contribution can lie, whatever is drawn and however it is rewarded. */
  readonly least: number;
  readonly most: number;
}

export interface Clipping {
  /** Weights above are taken as this; infinite: as they are. */
  readonly clip: number;
}

/**
 * Inverse propensity score: z = w y (Horvitz and Thompson 1952; Strehl et al. 2010). On randomised rounds this is the value that Causal
 * Preference Optimization (CPO) maximises (Lin et al. 2024). Unbiased without clipping, where p > 0 wherever pi > 0.
 */
export function ips(question: Question, { clip }: Clipping): Contributions {
  const { weight, reward, mostWeight } = weigh(question, clippedAt(clip));
  return { perRound: weight.map((w, i) => w * (reward[i] as number)), least: 0, most: mostWeight };
}

/**
 * Self-normalised IPS: V = sum w y / sum w (Swaminathan and Joachims 2015). z = V + w (y - V) / mean w, whose mean is V and whose spread is
 * that of the ratio to first order; bias of order 1 / n. All weights 0: no value, NaN.
 */
export function snips(question: Question, { clip }: Clipping): Contributions {
  const { weight, reward, mostWeight } = weigh(question, clippedAt(clip));
  let total = 0;
  let rewarded = 0;
  for (let i = 0; i < weight.length; i++) {
    total += weight[i] as number;
    rewarded += (weight[i] as number) * (reward[i] as number);
  }
  const value = rewarded / total;
  const mean = total / weight.length;
  return {
    perRound: weight.map((w, i) => value + (w * ((reward[i] as number) - value)) / mean),
    least: value - (mostWeight * value) / mean,
    most: value + (mostWeight * (1 - value)) / mean,
  };
}

/** Direct method: z = d (Beygelzimer and Langford 2009). As biased as its reward model; its interval knows nothing of that. */
export function directMethod(question: FittedQuestion): Contributions {
  const { direct } = weigh(question, asTheyAre);
  return { perRound: direct, least: 0, most: 1 };
}

/**
 * Doubly robust: z = d + w (y - ghat) (Dudik et al. 2011). Unbiased where the propensities are right, or where ghat is. The value that
 * DR-CPO maximises.
 */
export function doublyRobust(question: FittedQuestion, { clip }: Clipping): Contributions {
  return corrected(question, clippedAt(clip));
}

/** Switch-DR: z = d + w [w <= tau] (y - ghat) (Wang, Agarwal and Dudik 2017): rounds with larger weights are left to the model. */
export function switchDr(question: FittedQuestion, { tau }: { readonly tau: number }): Contributions {
  return corrected(question, (w) => (w <= tau ? w : 0));
}

/** DR with optimistic shrinkage (DRos): z = d + lambda w / (w^2 + lambda) (y - ghat) (Su et al. 2020). lambda 0 is DM, infinite is DR. */
export function drOs(question: FittedQuestion, { lambda }: { readonly lambda: number }): Contributions {
  return corrected(question, (w) =>
    lambda === Number.POSITIVE_INFINITY ? w : w === 0 ? 0 : (lambda * w) / (w * w + lambda),
  );
}

function corrected(question: FittedQuestion, map: WeightMap): Contributions {
  const weighted = weigh(question, map);
  return { perRound: drContributions(weighted), least: weighted.least, most: weighted.most };
}

function drContributions({ weight, reward, fitted, direct }: WeightedRounds): Float64Array {
  return direct.map((d, i) => d + (weight[i] as number) * ((reward[i] as number) - (fitted[i] as number)));
}
