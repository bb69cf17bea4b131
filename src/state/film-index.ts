import type { ItemId } from "../core/ids.ts";
import type { Film } from "../model/film.ts";

/** Films by catalogue row and by MovieLens id: the prompt speaks of rows, the history of MovieLens ids. */
export interface FilmIndex {
  readonly films: readonly Film[];
  readonly byItem: ReadonlyMap<ItemId, Film>;
  readonly byMovieId: ReadonlyMap<number, Film>;
}

export function indexFilms(films: readonly Film[]): FilmIndex {
  return {
    films,
    byItem: new Map(films.map((film) => [film.id, film])),
    byMovieId: new Map(films.map((film) => [film.movieId, film])),
  };
}
