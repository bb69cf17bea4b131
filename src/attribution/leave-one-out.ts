/** @file What each history item does to each candidate, by taking it out: v(all) - v(all without it). */
import type { EventIndex } from "../core/ids.ts";
import { present } from "../core/invariant.ts";
import type { ScoreFn, SlateScores } from "../scores/score-fn.ts";
import type { EffectMatrix, EffectQuestion, ItemEffects } from "./effect.ts";
import { intervene } from "./intervene.ts";
import { explainedEvents, type Intervention, type Scene } from "./intervention.ts";
import { differences, valuesFor } from "./values.ts";

export interface LeaveOneOutRequest extends Scene {
  readonly question: EffectQuestion;
}

export interface LeaveOneOutOptions {
  /** Called for every finished row, oldest item first. */
  readonly onRow?: (row: ItemEffects, done: number, total: number) => void;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Leave-one-out effects of every item in the prompt. An item leaves the prompt, the recommender's sequence and (question "total") the
 * gate; older items outside the prompt stay outside. Effects do not add up to the whole: items that say the same thing cover for each
 * other. Rejects with `cancelled` once the signal aborts.
 *
 * The whole history and the first item go to the model by themselves, so that a first row is there after two prompts' work; then all others
 * at once: with the gate held, only what comes after the removed item is computed again.
 *
 * "prompt-only" holds the gate and, in the shown score, the recommender's part at their values of the whole history.
 */
export async function leaveOneOut(
  { question, ...scene }: LeaveOneOutRequest,
  score: ScoreFn,
  { onRow, signal }: LeaveOneOutOptions = {},
): Promise<EffectMatrix> {
  const events = explainedEvents(scene);
  const alternatives: Intervention[][] = [
    [],
    ...events.map((event): Intervention[] => [
      { kind: "remove", events: [event] },
      ...(question === "prompt-only" ? ([{ kind: "hold-gate" }] as const) : []),
    ]),
  ];
  const rowOf = (event: EventIndex, full: SlateScores, without: SlateScores): ItemEffects => ({
    event,
    item: present(scene.history[event], `item ${event}`),
    ...differences(full, valuesFor(question, without, full)),
  });
  let heard: SlateScores | undefined;
  const scores = await intervene(scene, alternatives, score, {
    signal,
    first: 2,
    chunk: Number.POSITIVE_INFINITY,
    onAnswer: (index, answer) => {
      if (heard === undefined) heard = answer;
      else onRow?.(rowOf(present(events[index - 1], "an event"), heard, answer), index, events.length);
    },
  });
  const full = present(scores[0], "the answer for the whole history");
  return {
    method: "leave-one-out",
    question,
    history: scene.history,
    candidates: scene.candidates,
    fullVerdict: full.verdict,
    rows: events.map((event, i) =>
      rowOf(event, full, present(scores[i + 1], `the answer without item ${event}`)),
    ),
    forwardPasses: scores.length,
  };
}
