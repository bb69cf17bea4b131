/** @file How an order differs from another one of the same films. */
import type { ItemId } from "../../core/ids.ts";

interface Placed {
  readonly item: ItemId;
}

export interface RankMove<Entry extends Placed> {
  readonly entry: Entry;
  /** Place in this order, 1 is first. */
  readonly rank: number;
  /** Place in the other order; null where it lacks the film. */
  readonly was: number | null;
}

/** The first `top` of `order`, each with its place in `other`. */
export function rankMoves<Entry extends Placed>(
  order: readonly Entry[],
  other: readonly Placed[],
  top: number,
): readonly RankMove<Entry>[] {
  const places = new Map(other.map(({ item }, i) => [item, i + 1]));
  return order.slice(0, top).map((entry, i) => ({ entry, rank: i + 1, was: places.get(entry.item) ?? null }));
}
