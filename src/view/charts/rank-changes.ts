import type { Standing } from "../../attribution/standings.ts";
import type { ItemId } from "../../core/ids.ts";

export interface RankChange {
  readonly item: ItemId;
  /** Place after, 1 is first. */
  readonly rank: number;
  readonly was: number;
  readonly probability: number;
  readonly probabilityBefore: number;
}

/** How the first `top` of either list moved, in the order of the new one. Both lists are of the same films, in any order. */
export function rankChanges(
  before: readonly Standing[],
  after: readonly Standing[],
  top: number,
): readonly RankChange[] {
  const past = new Map(before.map((standing) => [standing.item, standing]));
  return after
    .flatMap(({ item, rank, probability }) => {
      const then = past.get(item);
      return then === undefined || Math.min(rank, then.rank) > top
        ? []
        : [{ item, rank, was: then.rank, probability, probabilityBefore: then.probability }];
    })
    .sort((a, b) => a.rank - b.rank);
}
