/** @file Models whose answers are known, behind the same contract as the real one. */
import { FailureError } from "../core/failure.ts";
import { type ItemId, itemId } from "../core/ids.ts";
import { softmax } from "../core/softmax.ts";
import type { ScoreFn, SlateQuery, SlateScores } from "../scores/score-fn.ts";
import type { Scene } from "./intervention.ts";

export const BETA = 0.5;

export interface ToyItem {
  readonly item: ItemId;
  readonly text: boolean;
  readonly behaviour: boolean;
}

export interface Toy {
  /** v of a candidate given the items in the prompt and the first gate weight. */
  verdict(prompt: readonly ToyItem[], candidate: ItemId, gate: number): number;
  gate?(history: readonly ItemId[]): number;
  sasrec?(history: readonly ItemId[], candidate: ItemId): number;
}

export const items = (...ids: number[]): ItemId[] => ids.map(itemId);

export function sceneOf(
  history: readonly number[],
  candidates: readonly number[],
  over: Partial<Scene> = {},
): Scene {
  return {
    history: items(...history),
    candidates: items(...candidates),
    promptItems: 10,
    recommenderItems: 50,
    ...over,
  };
}

/** What stands in the prompt of a question. */
export function promptOf({
  history,
  promptItems = 10,
  mutedText = [],
  mutedBehaviour = [],
}: SlateQuery): ToyItem[] {
  const first = Math.max(0, history.length - promptItems);
  return history.slice(first).map((item, i) => ({
    item,
    text: !mutedText.includes(first + i),
    behaviour: !mutedBehaviour.includes(first + i),
  }));
}

/** Answers one question after the other, in the given order, and looks at the signal before each. What is asked is put into `asked`. */
export function toyScore(
  { verdict: verdictOf, gate: gateOf = () => 1, sasrec: sasrecOf = () => 0 }: Toy,
  asked: SlateQuery[] = [],
  order = (queries: number[]) => queries,
): ScoreFn {
  return async (queries, signal, onScored) => {
    const answers: SlateScores[] = [];
    for (const i of order([...queries.keys()])) {
      if (signal?.aborted) throw new FailureError({ kind: "cancelled" });
      const query = queries[i];
      if (query === undefined) throw new Error(`no query ${i}`);
      asked.push(query);
      const { history, candidates, gateHistory, heldGate } = query;
      const gate = heldGate ?? [gateOf(gateHistory ?? history)];
      const prompt = promptOf(query);
      const verdict = candidates.map((candidate) => verdictOf(prompt, candidate, gate[0] ?? Number.NaN));
      const sasrec = candidates.map((candidate) => sasrecOf(history, candidate));
      const shown = verdict.map((value, c) => value + BETA * (sasrec[c] ?? Number.NaN));
      answers[i] = { verdict, sasrec, shown, probability: softmax(shown), gate };
      onScored?.(i, answers[i]);
    }
    return answers;
  };
}

/** Of either sign, about 1 in size, different for every pair. */
export function weight(item: ItemId, candidate: ItemId): number {
  return Math.sin(item * 7 + candidate * 3);
}

export const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

export const additive: Toy = {
  verdict: (prompt, candidate) => 1 + sum(prompt.map(({ item }) => weight(item, candidate))),
  sasrec: (history, candidate) => sum(history.map((item) => weight(candidate, item))),
};

/** A model of the items' identities alone: v of what is kept. */
export function game(v: (kept: readonly number[], candidate: number) => number): Toy {
  return {
    verdict: (prompt, candidate) =>
      v(
        prompt.map(({ item }) => item),
        candidate,
      ),
  };
}
