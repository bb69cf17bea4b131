/** @file What each history item does to each candidate, by putting others in its place: v(all) - mean over j of v(all, j instead of i). */
import { FailureError } from "../core/failure.ts";
import type { EventIndex, ItemId } from "../core/ids.ts";
import { present } from "../core/invariant.ts";
import type { ScoreFn, SlateScores } from "../scores/score-fn.ts";
import type { StandInsFn } from "./counterfactual-items.ts";
import type { EffectMatrix, EffectOptions, EffectQuestion, ItemEffects } from "./effect.ts";
import { intervene } from "./intervene.ts";
import { explainedEvents, type Intervention, type Scene } from "./intervention.ts";
import { standardErrors } from "./standard-errors.ts";
import { differences, type Values, valuesFor, weightedSum } from "./values.ts";

export interface ReplacementRequest extends Scene {
  readonly question: EffectQuestion;
  readonly seed: number;
}

/**
 * Replacement effects of every item in the prompt: how much this film rather than another one does. Unlike leave-one-out the history
 * keeps its length, and with stand-ins of as many tokens every other item its place. Stand-ins are never in the history nor candidates; the
 * standard error is that of the mean over them. "total" and "prompt-only" mean what they mean for leave-one-out. Rejects with
 * `cancelled` once the signal aborts, and with `bad-request` where no film can stand in.
 */
export async function replacementEffects(
  { question, seed, ...scene }: ReplacementRequest,
  standInsFor: StandInsFn,
  score: ScoreFn,
  { signal, onProgress }: EffectOptions = {},
): Promise<EffectMatrix> {
  const { history, candidates } = scene;
  const events = explainedEvents(scene);
  const excluded = new Set([...history, ...candidates]);
  const replacedBy = events.map((event) => {
    const item = present(history[event], `item ${event}`);
    const standIns = standInsFor(item, excluded, seed);
    if (standIns.length === 0)
      throw new FailureError({ kind: "bad-request", reason: `nothing can stand in for item ${item}` });
    return standIns;
  });
  const replaced = events.flatMap((event, row) =>
    present(replacedBy[row], "stand-ins").map((by) => ({ row, event, by })),
  );
  const alternatives = replaced.map(({ event, by }): Intervention[] => [
    { kind: "replace", event, by },
    ...(question === "prompt-only" ? ([{ kind: "hold-gate" }] as const) : []),
  ]);
  const rowOf = (row: number, full: SlateScores, answers: readonly SlateScores[]): ItemEffects => {
    const event = present(events[row], "an event");
    const instead = answers
      .filter((_, i) => replaced[i]?.row === row)
      .map((answer) => valuesFor(question, answer, full));
    return effectsOf(event, present(history[event], `item ${event}`), full, instead, replacedBy[row] ?? []);
  };

  const heard: SlateScores[] = [];
  const scores = await intervene(scene, [[], ...alternatives], score, {
    signal,
    onAnswer: (index, answer) => {
      heard[index] = answer;
      const row = replaced[index - 1]?.row;
      const [full, ...answers] = heard;
      if (row !== undefined && row !== replaced[index]?.row && full !== undefined)
        onProgress?.({ rows: [rowOf(row, full, answers)], done: row + 1, total: events.length });
    },
  });
  const [first, ...answers] = scores;
  const full = present(first, "the answer for the whole history");
  return {
    method: "replacement",
    question,
    history,
    candidates,
    fullVerdict: full.verdict,
    rows: events.map((_, row) => rowOf(row, full, answers)),
    forwardPasses: scores.length,
    seed,
  };
}

function effectsOf(
  event: EventIndex,
  item: ItemId,
  full: Values,
  instead: readonly Values[],
  replacedBy: readonly ItemId[],
): ItemEffects {
  const mean = weightedSum(instead.map((values) => [1 / instead.length, values] as const));
  const errors = standardErrors(instead.map(({ verdict }) => verdict));
  return {
    event,
    item,
    ...differences(full, mean),
    ...(errors === null ? {} : { standardError: errors }),
    replacedBy,
  };
}
