/** @file The log as the learning worker reads it, and a row of it as a draw makes it. */
import { drawSlot, rewardOf, type SlotOutcome } from "../adapt/exploration-slot.ts";
import type { FilmFeatures } from "../adapt/film-features.ts";
import { type LearnedPolicy, learnedScores } from "../adapt/learned-order.ts";
import { MOST_HISTORY, type SlotRow } from "../adapt/log-row.ts";
import type { DrawPlace, Outcome, StoredRow } from "../adapt/log-storage.ts";
import type { LearningRound } from "../worker/learning-protocol.ts";
import type { Answer } from "./answer-state.ts";

/** T of the policy that draws: the slot draws by the probabilities that are shown. */
const TEMPERATURE = 1;

/** The rounds that can be learned from: drawn, with an outcome and with their base scores, of films that there are features of. */
export function learningRounds(rows: readonly StoredRow[], features: FilmFeatures): LearningRound[] {
  return rows.flatMap(({ row }): readonly LearningRound[] => {
    if (row.source !== "slot" || row.y === null || row.baseScores === undefined) return [];
    if (row.slateIds.some((item) => item >= features.items)) return [];
    return [
      {
        baseScores: row.baseScores,
        features: features.of(row.slateIds),
        action: row.a,
        reward: row.y,
        propensities: row.p,
      },
    ];
  });
}

/** What is drawn for an answer: its row of the log, before there is an outcome. `t`: milliseconds since 1970. */
export function drawRow(
  { slate, history, recommendation }: Answer,
  learned: LearnedPolicy | null,
  epsilon: number,
  { seed, counter }: DrawPlace,
  t: number,
): SlotRow {
  const { place, propensities, isRandomised } = drawSlot({
    scores: learnedScores(slate, learned),
    temperature: TEMPERATURE,
    epsilon,
    seed,
    counter,
  });
  return {
    t,
    policyVersion: learned?.version ?? 0,
    historyIds: history.slice(-MOST_HISTORY),
    slateIds: slate.map(({ item }) => item),
    source: "slot",
    a: place,
    // The slot stands below the list.
    position: recommendation.ranked.length,
    visibleMs: 0,
    y: null,
    tOutcome: null,
    p: [...propensities],
    eps: epsilon,
    randomised: isRandomised,
    seed,
    counter,
    baseScores: slate.map(({ shown }) => shown),
  };
}

/**
 * A row's outcome after one more word about it at `t`: the last reaction counts, and time in sight decides only where there has been none. Null where
 * nothing changes.
 */
export function outcomeAfter(row: SlotRow, said: SlotOutcome, seenMs: number, t: number): Outcome | null {
  const visibleMs = Math.max(row.visibleMs, seenMs);
  const isReaction = said.kind !== "ignored";
  const y = isReaction || row.y === null ? rewardOf(said) : row.y;
  if (!isReaction && y === row.y)
    return visibleMs === row.visibleMs ? null : { visibleMs, y, tOutcome: row.tOutcome };
  // A clock may have been set back since.
  return { visibleMs, y, tOutcome: y === null ? null : Math.max(row.t, t) };
}
