/** @file How effects are computed, as `explain` and `audit` let the user choose. */
import type { EffectMethod } from "../attribution/effect.ts";
import { choiceOption, UsageError, wholeOption } from "./usage.ts";

export const METHOD_HELP = `  --method leave-one-out|replacement|shapley
                         leave-one-out (default): the film is taken out; replacement: other films stand in for it;
                         shapley: its share in all coalitions of films
  --pairs N              shapley from so many pairs of random orders (default: all coalitions up to 10 films, else 32 pairs)
  --seed N               of what is drawn at random (default 1)
  --question total|prompt-only
                         total (default): recommender, gate and prompt all change; prompt-only: the gate is held
  --value verdict|contrast
                         verdict (default): the film's own log-odds; contrast: these less the mean of the films it is
                         explained beside, that is, why this one rather than the others`;

/** What {@link METHOD_HELP} explains, for `parse`. */
export const METHOD_OPTIONS = {
  method: { type: "string", default: "leave-one-out" },
  pairs: { type: "string" },
  seed: { type: "string", default: "1" },
  question: { type: "string", default: "total" },
  value: { type: "string", default: "verdict" },
} as const;

const METHODS = ["leave-one-out", "replacement", "shapley"] as const satisfies readonly EffectMethod[];
const MOST_PAIRS = 10_000;
const MOST_SEED = 2 ** 31 - 1;

export function methodOption(values: {
  readonly method: string;
  readonly pairs?: string | undefined;
  readonly seed: string;
  readonly question: string;
  readonly value: string;
}) {
  const method = choiceOption("method", values.method, METHODS);
  if (values.pairs !== undefined && method !== "shapley")
    throw new UsageError("--pairs is for --method shapley");
  return {
    method,
    seed: wholeOption("seed", values.seed, 0, MOST_SEED),
    question: choiceOption("question", values.question, ["total", "prompt-only"]),
    value: choiceOption("value", values.value, ["verdict", "contrast"]),
    ...(values.pairs === undefined ? {} : { pairs: wholeOption("pairs", values.pairs, 1, MOST_PAIRS) }),
  };
}
