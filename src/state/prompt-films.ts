import type { ItemId } from "../core/ids.ts";
import type { HistoryEvent } from "../history/history-store.ts";
import { keptHistory, seenFilms } from "../history/kept-history.ts";
import type { FilmIndex } from "./film-index.ts";

/** A prompt holds the last ten kept films (docs/formats.md, section 2). */
export const PROMPT_FILMS = 10;

/** Kept films, oldest first: the recommender reads more of them than the prompt. Films the catalogue does not know are left out. */
export function keptItems(events: readonly HistoryEvent[], { byMovieId }: FilmIndex): readonly ItemId[] {
  return toItems(keptHistory(events), byMovieId);
}

/** Places in a kept history that stand in the prompt: the rows of a heatmap. */
export function eventsInPrompt(history: readonly ItemId[]): readonly number[] {
  return [...history.keys()].slice(-PROMPT_FILMS);
}

/** Films that are never recommended again: everything in the history, liked or not. */
export function seenItems(events: readonly HistoryEvent[], { byMovieId }: FilmIndex): readonly ItemId[] {
  return toItems(seenFilms(events), byMovieId);
}

/** MovieLens ids of the films in the prompt, to mark them in the list. */
export function promptMovieIds(
  events: readonly HistoryEvent[],
  { byMovieId }: FilmIndex,
): ReadonlySet<number> {
  const known = keptHistory(events).filter((movieId) => byMovieId.has(movieId));
  return new Set(known.slice(-PROMPT_FILMS));
}

function toItems(movieIds: readonly number[], byMovieId: FilmIndex["byMovieId"]): readonly ItemId[] {
  return movieIds.flatMap((movieId) => byMovieId.get(movieId)?.id ?? []);
}
