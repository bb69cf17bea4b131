/** @file What an effect is a difference of: verdict, shown score and slate probability of every candidate. */
import { present } from "../core/invariant.ts";
import type { SlateScores } from "../scores/score-fn.ts";
import { softmax } from "../scores/softmax.ts";
import type { EffectQuestion, ItemEffects } from "./effect.ts";

/** Per candidate, each [candidates]. */
export interface Values {
  /** v: verdict log-odds, nats. */
  readonly verdict: readonly number[];
  readonly shown: readonly number[];
  readonly probability: readonly number[];
}

export type Effects = Pick<ItemEffects, "deltaNats" | "deltaProbability" | "deltaShown">;

const KEYS = ["verdict", "shown", "probability"] as const;

/**
 * What counts of an answer. For "total" all of it. For "prompt-only" the recommender's part of the shown score is held at that of the
 * whole history, `full`, as the gate is: only the verdict's change is left.
 */
export function valuesFor(question: EffectQuestion, answer: SlateScores, full: SlateScores): Values {
  if (question === "total") return answer;
  const shown = answer.verdict.map(
    (verdict, c) => present(full.shown[c], "a shown score") + verdict - present(full.verdict[c], "a verdict"),
  );
  return { verdict: answer.verdict, shown, probability: softmax(shown) };
}

/** `with_` - `without`, as effects. */
export function differences(with_: Values, without: Values): Effects {
  const of = (key: (typeof KEYS)[number]) =>
    with_[key].map((value, c) => value - present(without[key][c], `${key} ${c}`));
  return { deltaNats: of("verdict"), deltaShown: of("shown"), deltaProbability: of("probability") };
}

/** Sum of weight * values, for `[weight, values]` pairs about the same candidates. */
export function weightedSum(parts: readonly (readonly [number, Values])[]): Values {
  const [first] = parts;
  const candidates = first === undefined ? 0 : first[1].verdict.length;
  const sumOf = (key: (typeof KEYS)[number]) => {
    const sums = new Array<number>(candidates).fill(0);
    for (const [weight, values] of parts)
      for (const [c, value] of values[key].entries())
        sums[c] = present(sums[c], `${key} ${c}`) + weight * value;
    return sums;
  };
  return { verdict: sumOf("verdict"), shown: sumOf("shown"), probability: sumOf("probability") };
}
