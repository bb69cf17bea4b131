/** @file v(S): what the model answers with only the explained items S kept, each coalition asked once. */
import type { EventIndex } from "../core/ids.ts";
import { present } from "../core/invariant.ts";
import type { ScoreFn, SlateScores } from "../scores/score-fn.ts";
import type { EffectQuestion } from "./effect.ts";
import { ask } from "./intervene.ts";
import { applyInterventions, explainedEvents, type Scene } from "./intervention.ts";
import { type Values, valuesFor } from "./values.ts";

/**
 * Which items are kept, one character each, "1" or "0", oldest first. In alphabetical order neighbours have most of their beginning in
 * common, and so have their prompts: with a held gate the engine computes a common beginning once.
 */
export type Coalition = string;

export class CoalitionValues {
  /** The explained items, oldest first; a coalition has a character for each. */
  readonly events: readonly EventIndex[];
  readonly all: Coalition;
  readonly none: Coalition;
  readonly #scene: Scene;
  readonly #question: EffectQuestion;
  readonly #score: ScoreFn;
  readonly #values = new Map<Coalition, Values>();
  #full: SlateScores | null = null;

  constructor(scene: Scene, question: EffectQuestion, score: ScoreFn) {
    this.#scene = scene;
    this.#question = question;
    this.#score = score;
    this.events = explainedEvents(scene);
    this.all = "1".repeat(this.events.length);
    this.none = "0".repeat(this.events.length);
  }

  /** How many coalitions the model was asked for. */
  get asked(): number {
    return this.#values.size;
  }

  /** Those of `coalitions` that are not known yet, each once, in the order in which they are best asked. */
  unknown(coalitions: Iterable<Coalition>): Coalition[] {
    const distinct = new Set(this.#full === null ? [...coalitions, this.all] : coalitions);
    return [...distinct].filter((coalition) => !this.#values.has(coalition)).sort();
  }

  /** After it, `of` answers for all of `coalitions`; v(all) is asked for besides. Rejects with `cancelled` once the signal aborts. */
  async ask(
    coalitions: Iterable<Coalition>,
    options: { readonly signal?: AbortSignal | undefined; readonly onAnswer?: () => void } = {},
  ): Promise<void> {
    const unknown = this.unknown(coalitions);
    const queries = unknown.map((coalition) => {
      const isWhole = coalition === this.all;
      return applyInterventions(this.#scene, [
        { kind: "remove", events: this.events.filter((_, i) => coalition[i] === "0") },
        ...(this.#question === "prompt-only" && !isWhole ? ([{ kind: "hold-gate" }] as const) : []),
      ]);
    });
    const answers = await ask(queries, this.#score, options);
    this.#full ??= present(answers[unknown.indexOf(this.all)], "the answer for the whole history");
    for (const [i, coalition] of unknown.entries())
      this.#values.set(coalition, valuesFor(this.#question, present(answers[i], "an answer"), this.#full));
  }

  of(coalition: Coalition): Values {
    return present(this.#values.get(coalition), `the value of coalition ${coalition}`);
  }
}

/** `coalition` with item `place` kept. */
export function withItem(coalition: Coalition, place: number): Coalition {
  return `${coalition.slice(0, place)}1${coalition.slice(place + 1)}`;
}
