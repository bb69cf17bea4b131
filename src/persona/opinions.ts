/** @file What ratings say of a taste: the one place that tells liked from disliked. Training goes by the same stars (`interactions.py`). */
import type { ItemId } from "../core/ids.ts";
import type { HistoryEvent } from "../history/history-store.ts";
import type { Opinions } from "./persona.ts";

/** Stars from which a rating says that a film was liked. */
export const LIKED_FROM_STARS = 4;
/** Stars up to which a rating says that a film was disliked. */
export const DISLIKED_TO_STARS = 2;

/** Films of a history that say something, each list oldest first. */
export type JudgedItems = Required<Pick<Opinions, "liked" | "disliked">>;

/**
 * Liked and disliked films of a history. A film that was watched and not rated, or rated in between, says nothing; films that `itemOf` does
 * not know are left out.
 */
export function opinionsOf(
  events: readonly HistoryEvent[],
  itemOf: (movieId: number) => ItemId | undefined,
): JudgedItems {
  const rated = (speaks: (stars: number) => boolean) =>
    [...events]
      .sort((a, b) => a.order - b.order)
      .flatMap(({ movieId, rating }) => (rating !== null && speaks(rating) ? (itemOf(movieId) ?? []) : []));
  return {
    liked: rated((stars) => stars >= LIKED_FROM_STARS),
    disliked: rated((stars) => stars <= DISLIKED_TO_STARS),
  };
}
