/** @file The one way from interventions to answers: everything that is attributed goes through here. */
import { throwIfCancelled } from "../core/cancelled.ts";
import { present } from "../core/invariant.ts";
import type { ScoreFn, SlateQuery, SlateScores } from "../scores/score-fn.ts";
import { applyInterventions, type Intervention, type Scene } from "./intervention.ts";

/**
 * Questions that go to the model together. Long lists are asked in such chunks: between them a cancel is seen even by a model that is
 * deaf to it, and a chunk's prompts and answers are all that waits in memory.
 */
const CHUNK = 64;

export interface AskOptions {
  readonly signal?: AbortSignal | undefined;
  /** Hears each answer once, in the order of the questions, and none after a cancel. */
  readonly onAnswer?: ((index: number, scores: SlateScores) => void) | undefined;
  /** Most questions in one call of the model. Infinity: all at once. */
  readonly chunk?: number;
  /** So many questions are asked in a call of their own first: the engine orders a call's work as suits it, not by who waits for what. */
  readonly first?: number;
}

/** Answers[i] is that of alternatives[i], each a list of interventions on the scene. Rejects with `cancelled` once the signal aborts. */
export function intervene(
  scene: Scene,
  alternatives: readonly (readonly Intervention[])[],
  score: ScoreFn,
  options: AskOptions = {},
): Promise<SlateScores[]> {
  return ask(
    alternatives.map((interventions) => applyInterventions(scene, interventions)),
    score,
    options,
  );
}

/** {@link intervene} for questions that are about different candidates. */
export async function ask(
  queries: readonly SlateQuery[],
  score: ScoreFn,
  { signal, onAnswer, chunk = CHUNK, first = chunk }: AskOptions = {},
): Promise<SlateScores[]> {
  const answers: SlateScores[] = [];
  let told = 0;
  // Answers come in any order, and again where work was repeated.
  const hear = (index: number, scores: SlateScores) => {
    answers[index] = scores;
    for (let next = answers[told]; next !== undefined && !signal?.aborted; next = answers[told]) {
      told++;
      onAnswer?.(told - 1, next);
    }
  };
  throwIfCancelled(signal);
  for (let start = 0, end = first; start < queries.length; start = end, end += chunk) {
    const asked = queries.slice(start, end);
    const scores = await score(asked, signal, (i, answer) => hear(start + i, answer));
    for (const i of asked.keys()) hear(start + i, present(scores[i], `the answer to query ${start + i}`));
    throwIfCancelled(signal);
  }
  return answers;
}
