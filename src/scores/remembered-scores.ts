/** @file Answers that were given before are not computed again. */
import { present } from "../core/invariant.ts";
import type { ScoreFn, SlateQuery, SlateScores } from "./score-fn.ts";

/** A heatmap's coalitions and more; with ten candidates some 2 MB. */
const MOST_REMEMBERED = 4096;

/** A {@link ScoreFn} that asks `score` only what it has not answered yet, each question once. The oldest answers are forgotten first. */
export function rememberScores(score: ScoreFn, most = MOST_REMEMBERED): ScoreFn {
  const known = new Map<string, SlateScores>();
  return async (queries, signal, onScored) => {
    const keys = queries.map(keyOf);
    const answers = new Map<string, SlateScores>();
    const places = new Map<string, number[]>();
    const unknown = new Map<string, SlateQuery>();
    for (const [i, query] of queries.entries()) {
      const key = present(keys[i], "a key");
      const answer = known.get(key);
      if (answer !== undefined) {
        answers.set(key, answer);
        onScored?.(i, answer);
        continue;
      }
      unknown.set(key, query);
      places.set(key, [...(places.get(key) ?? []), i]);
    }
    const asked = [...unknown.keys()];
    if (asked.length > 0) {
      const scores = await score([...unknown.values()], signal, (at, answer) => {
        for (const i of places.get(present(asked[at], "a question")) ?? []) onScored?.(i, answer);
      });
      for (const [at, key] of asked.entries()) {
        const answer = present(scores[at], `the answer to query ${at}`);
        answers.set(key, answer);
        known.set(key, answer);
      }
      for (const key of [...known.keys()].slice(0, Math.max(0, known.size - most))) known.delete(key);
    }
    return keys.map((key) => present(answers.get(key), "an answer"));
  };
}

/** Equal exactly for questions that must have equal answers. */
function keyOf(query: SlateQuery): string {
  const { history, candidates, promptItems, heldGate, gateHistory, behaviour, mutedText, mutedBehaviour } =
    query;
  return JSON.stringify([
    history,
    candidates,
    promptItems ?? null,
    heldGate ?? null,
    gateHistory ?? null,
    behaviour ?? true,
    mutedText ?? [],
    mutedBehaviour ?? [],
    query.persona ?? null,
    query.examples ?? null,
  ]);
}
