/** @file The log in a person's terms. */
import { IGNORED_AFTER_MS, isDrawAsLogged } from "../../../adapt/exploration-slot.ts";
import type { LogRow, SlotRow } from "../../../adapt/log-row.ts";
import type { StoredRow } from "../../../adapt/log-storage.ts";

/** What came of a film. A log does not tell a late dismissal from a film that was left alone: both are `passed`. */
export type Reaction = "liked" | "dismissed" | "passed" | "waiting";

export function reactionTo({ y, visibleMs }: Pick<LogRow, "y" | "visibleMs">): Reaction {
  if (y === null) return "waiting";
  if (y > 0) return "liked";
  return visibleMs >= IGNORED_AFTER_MS ? "passed" : "dismissed";
}

export interface LogTally {
  readonly rows: number;
  /** Of rows that were drawn. */
  readonly reactions: Readonly<Record<Reaction, number>>;
  readonly drawn: number;
  /** Rows that nobody drew. */
  readonly observed: number;
  /** Drawn rows with an outcome and their base scores: what can be learned from. */
  readonly usable: number;
}

export function tallyOf(rows: readonly StoredRow[]): LogTally {
  const drawn = drawnRows(rows);
  const count = (kind: Reaction) => drawn.filter((row) => reactionTo(row) === kind).length;
  return {
    rows: rows.length,
    reactions: {
      liked: count("liked"),
      dismissed: count("dismissed"),
      passed: count("passed"),
      waiting: count("waiting"),
    },
    drawn: drawn.length,
    observed: rows.length - drawn.length,
    usable: drawn.filter(({ y, baseScores }) => y !== null && baseScores !== undefined).length,
  };
}

/** Counters of draws that their seed does not give again. */
export function drawsUnlikeTheirSeed(rows: readonly StoredRow[]): readonly number[] {
  return drawnRows(rows).flatMap(({ a, p, randomised, eps, seed, counter }) =>
    isDrawAsLogged({ place: a, propensities: p, isRandomised: randomised, epsilon: eps, seed, counter })
      ? []
      : [counter],
  );
}

function drawnRows(rows: readonly StoredRow[]): readonly SlotRow[] {
  return rows.flatMap(({ row }) => (row.source === "slot" ? [row] : []));
}

/**
 * About how many rounds more it takes for an effective size of `least`, if they are drawn as those before; at least one. Effective size grows in proportion to
 * the rounds.
 */
export function moreRounds(rounds: number, effectiveSize: number, least: number): number {
  const perRound = rounds > 0 ? effectiveSize / rounds : 1;
  return Math.max(1, Math.ceil((least - effectiveSize) / Math.max(perRound, 0.01)));
}
