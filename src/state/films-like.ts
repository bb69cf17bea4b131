import type { ItemId } from "../core/ids.ts";
import type { Film } from "../model/film.ts";

/** The `most` films that have the most genres in common with a film (of all that either has), the popular ones first among equals. */
export function filmsLike(
  item: ItemId,
  films: ReadonlyMap<ItemId, Film>,
  excluded: ReadonlySet<ItemId>,
  most: number,
): readonly ItemId[] {
  const genres = new Set(films.get(item)?.genres);
  const likeness = (film: Film): number => {
    const shared = film.genres.filter((genre) => genres.has(genre)).length;
    return shared / Math.max(1, genres.size + film.genres.length - shared);
  };
  return [...films.values()]
    .filter(({ id }) => id !== item && !excluded.has(id))
    .map((film) => ({ film, like: likeness(film) }))
    .filter(({ like }) => like > 0)
    .sort((a, b) => b.like - a.like || b.film.popularity - a.film.popularity)
    .slice(0, most)
    .map(({ film }) => film.id);
}
