/**
 * @file What each history item does to each candidate, by taking it out: v(all) - v(all without it). We own the model, so this is an
 * intervention and exact; it says nothing about the person.
 */
import { throwIfCancelled } from "../core/cancelled.ts";
import { eventIndex, type ItemId } from "../core/ids.ts";
import { present } from "../core/invariant.ts";
import type { ScoreFn, SlateQuery, SlateScores } from "../scores/score-fn.ts";
import { softmax } from "../scores/softmax.ts";
import type { EffectMatrix, EffectQuestion, ItemEffects } from "./effect.ts";

export interface LeaveOneOutRequest {
  /** Kept items, oldest first. */
  readonly history: readonly ItemId[];
  readonly candidates: readonly ItemId[];
  readonly question: EffectQuestion;
  /** How many of the last items stand in a prompt: these are taken out, one at a time. */
  readonly promptItems: number;
  /** How many of the last items the recommender sees (the pack's `sasrec.maxLength`). */
  readonly recommenderItems: number;
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
 * All questions go to the model at once: with the gate held, only what comes after the removed item is computed again.
 *
 * "prompt-only" holds the gate and, in the shown score, the recommender's part at their values of the whole history.
 */
export async function leaveOneOut(
  { history, candidates, question, promptItems, recommenderItems }: LeaveOneOutRequest,
  score: ScoreFn,
  { onRow, signal }: LeaveOneOutOptions = {},
): Promise<EffectMatrix> {
  // Items beyond the recommender's sight are cut off first: they change nothing, but would move in when another is taken out.
  const cut = Math.max(0, history.length - recommenderItems);
  const seen = history.slice(cut);
  const shownItems = Math.min(promptItems, seen.length);
  const removed = Array.from({ length: shownItems }, (_, i) => seen.length - shownItems + i);
  const queries: SlateQuery[] = [
    { history: seen, candidates, promptItems },
    ...removed.map((at) => ({
      history: seen.toSpliced(at, 1),
      candidates,
      promptItems: shownItems - 1,
      ...(question === "prompt-only" ? { gateHistory: seen } : {}),
    })),
  ];
  const rowOf = (at: number, full: SlateScores, without: SlateScores): ItemEffects => ({
    event: eventIndex(cut + at),
    item: present(seen[at], `item ${at} of the history`),
    ...differences(full, question === "prompt-only" ? holdRecommender(without, full) : without),
  });

  // Answers come pass by pass; a row waits for the answer to the whole history and for the rows before it.
  const answers: SlateScores[] = [];
  let reported = 0;
  const hear = (index: number, scores: SlateScores) => {
    answers[index] = scores;
    const full = answers[0];
    if (full === undefined || onRow === undefined) return;
    for (let at = removed[reported]; at !== undefined; at = removed[reported]) {
      const without = answers[reported + 1];
      if (without === undefined || signal?.aborted) return;
      reported++;
      onRow(rowOf(at, full, without), reported, shownItems);
    }
  };
  throwIfCancelled(signal);
  const scores = await score(queries, signal, hear);
  for (const [i, answer] of scores.entries()) hear(i, answer);
  throwIfCancelled(signal);
  const full = present(scores[0], "the answer for the whole history");
  return {
    question,
    history,
    candidates,
    fullVerdict: full.verdict,
    rows: removed.map((at, i) => rowOf(at, full, present(scores[i + 1], `the answer without item ${at}`))),
    forwardPasses: scores.length,
  };
}

/** The answer as it would be shown had the recommender's part not moved: only the verdict's change is left. */
function holdRecommender(without: SlateScores, full: SlateScores): SlateScores {
  const shown = without.verdict.map(
    (verdict, c) => present(full.shown[c], "a shown score") + verdict - present(full.verdict[c], "a verdict"),
  );
  return { ...without, sasrec: full.sasrec, shown, probability: softmax(shown) };
}

function differences(
  full: SlateScores,
  without: SlateScores,
): Pick<ItemEffects, "deltaNats" | "deltaProbability" | "deltaShown"> {
  const difference = (key: "verdict" | "shown" | "probability") =>
    full[key].map((value, c) => value - present(without[key][c], `${key} ${c}`));
  return {
    deltaNats: difference("verdict"),
    deltaProbability: difference("probability"),
    deltaShown: difference("shown"),
  };
}
