import type { HistoryEvent } from "./history-store.ts";

/** The lowest rating, in stars, that still counts as liking a film. */
export const KEPT_FROM_STARS = 3;

/** MovieLens ids that enter the prompt, oldest first: films rated 3 or more, or merely watched. */
export function keptHistory(events: readonly HistoryEvent[]): readonly number[] {
  return oldestFirst(events)
    .filter(({ rating }) => rating === null || rating >= KEPT_FROM_STARS)
    .map(({ movieId }) => movieId);
}

/** MovieLens ids that are never recommended again: everything in the history, liked or not. */
export function seenFilms(events: readonly HistoryEvent[]): readonly number[] {
  return oldestFirst(events).map(({ movieId }) => movieId);
}

function oldestFirst(events: readonly HistoryEvent[]): readonly HistoryEvent[] {
  return [...events].sort((a, b) => a.order - b.order);
}
