/** @file What an effect is a difference of: v, shown score and slate probability of every candidate. */
import { FailureError } from "../core/failure.ts";
import type { ItemId } from "../core/ids.ts";
import { present } from "../core/invariant.ts";
import { softmax } from "../core/softmax.ts";
import type { ScoreFn, SlateScores } from "../scores/score-fn.ts";
import type { EffectQuestion, EffectValue, ItemEffects } from "./effect.ts";

/** Per candidate, each [candidates]. */
export interface Values {
  /** v, nats: verdict log-odds, or what {@link valueScores} puts in their place. */
  readonly verdict: readonly number[];
  readonly shown: readonly number[];
  readonly probability: readonly number[];
}

export type Effects = Pick<ItemEffects, "deltaNats" | "deltaProbability" | "deltaShown">;

const KEYS = ["verdict", "shown", "probability"] as const;

/**
 * What counts of an answer. For "total" all of it. For "prompt-only" the recommender's part of the shown score is held at that of the
 * whole history, `full`, as the gate is: only the verdict's change is left. Of a contrast that is v's change, which moves the probabilities as the
 * verdicts' own changes would.
 */
export function valuesFor(question: EffectQuestion, answer: SlateScores, full: SlateScores): Values {
  if (question === "total") return answer;
  const shown = answer.verdict.map(
    (verdict, c) => present(full.shown[c], "a shown score") + verdict - present(full.verdict[c], "a verdict"),
  );
  return { verdict: answer.verdict, shown, probability: softmax(shown) };
}

/**
 * A model whose verdicts are v. A contrast is linear in the verdicts and the same in every question, so that all that holds of effects on verdicts
 * holds of it, completeness included. Shown scores stay as they are. Throws `bad-request` for a contrast of fewer than two films.
 */
export function valueScores(
  value: EffectValue | undefined,
  contrasted: readonly ItemId[],
  score: ScoreFn,
): ScoreFn {
  if (value !== "contrast") return score;
  const others = [...new Set(contrasted)];
  if (others.length < 2)
    throw new FailureError({ kind: "bad-request", reason: "a contrast needs two films to explain, or more" });
  return async (queries, signal, onScored) => {
    const asked = queries.map((query) => ({
      ...query,
      candidates: [...new Set([...others, ...query.candidates])],
    }));
    const answerTo = (i: number, scores: SlateScores): SlateScores =>
      contrast(
        present(asked[i], "a question").candidates,
        present(queries[i], "a question").candidates,
        others.length,
        scores,
      );
    const answers = await score(
      asked,
      signal,
      onScored === undefined ? undefined : (i, scores) => onScored(i, answerTo(i, scores)),
    );
    return answers.map((scores, i) => answerTo(i, scores));
  };
}

/** Scores of `wanted` out of those of `asked`, whose first `count` films verdicts are contrasted with. */
function contrast(
  asked: readonly ItemId[],
  wanted: readonly ItemId[],
  count: number,
  { verdict, sasrec, shown, gate }: SlateScores,
): SlateScores {
  const mean = verdict.slice(0, count).reduce((sum, each) => sum + each, 0) / count;
  const placeOf = new Map(asked.map((item, place) => [item, place]));
  const pick = (values: readonly number[]) =>
    wanted.map((item) => present(values[present(placeOf.get(item), "a place")], "a score"));
  const ownShown = pick(shown);
  return {
    verdict: pick(verdict).map((each) => each - mean),
    sasrec: pick(sasrec),
    shown: ownShown,
    probability: softmax(ownShown),
    gate,
  };
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
