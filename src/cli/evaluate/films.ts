/** @file Which film of the pack each film of a data set is. */
import { present } from "../../core/invariant.ts";
import type { Problems } from "../../evaluate/problems.ts";
import { type Film, filmName } from "../../model/film.ts";
import type { FilmFinder } from "../../model/find-film.ts";
import { quoted } from "../../model/quoted.ts";
import type { DatasetFiles } from "./dataset.ts";

/** Row of the catalogue for each item id of the data set; -1 for a film that the pack does not have or that cannot be told, which is a problem. */
export function matchFilms(
  { ratings, names, ratingsFile }: DatasetFiles,
  { films, exact }: { readonly films: readonly Film[]; readonly exact: FilmFinder["exact"] },
  problems: Problems,
): Int32Array {
  const byMovieId = new Map(films.map((film) => [`${film.movieId}`, film]));
  const counts = new Int32Array(ratings.itemIds.length);
  for (const item of ratings.item) counts[item] = (counts[item] ?? 0) + 1;
  return Int32Array.from(ratings.itemIds, (id, number) => {
    const found = matchFilm(id, names, byMovieId.get(id), exact);
    if (typeof found !== "string") return found.id;
    const rows = present(counts[number], "a count");
    const left = `${rows} rating${rows === 1 ? " is" : "s are"} left out`;
    problems.add(ratingsFile, present(ratings.itemLines[number], "a line"), `${found}; ${left}`);
    return -1;
  });
}

/** The film, or why there is none. */
function matchFilm(
  id: string,
  names: ReadonlyMap<string, string> | null,
  byId: Film | undefined,
  exact: FilmFinder["exact"],
): Film | string {
  if (names === null) return byId ?? `film ${quoted(id)} is not in the pack`;
  const name = names.get(id);
  if (name === undefined) return `film ${quoted(id)} has no title in the data set to check its id by`;
  const byName = exact(name);
  if (byId !== undefined && byName !== null && filmName(byName) === filmName(byId)) return byId;
  return byName ?? `film ${quoted(id)}, ${quoted(name)}, means no film of the pack or several`;
}
