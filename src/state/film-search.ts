import type { Film } from "../model/film.ts";

/** Finds films by what a person types: any order of words, each the beginning of a word of the title or year; accents and case do not matter. */
export type FilmSearch = (query: string, limit: number) => readonly Film[];

interface Entry {
  readonly film: Film;
  /** Folded title, words separated by one space. */
  readonly text: string;
  readonly words: readonly string[];
}

export function makeFilmSearch(films: readonly Film[]): FilmSearch {
  const entries: readonly Entry[] = films.map((film) => {
    const text = fold(film.title);
    return { film, text, words: [...text.split(" "), String(film.year ?? "")] };
  });
  return (query, limit) => {
    const wanted = fold(query)
      .split(" ")
      .filter((word) => word !== "");
    if (wanted.length === 0) return [];
    return entries
      .filter(({ words }) => wanted.every((word) => words.some((each) => each.startsWith(word))))
      .map((entry) => ({ entry, closeness: closeness(entry, wanted.join(" ")) }))
      .sort((a, b) => b.closeness - a.closeness || b.entry.film.popularity - a.entry.film.popularity)
      .slice(0, limit)
      .map(({ entry }) => entry.film);
  };
}

/** 2: the whole title; 1: the title begins so, its article left aside; 0: words of it. Within one step the better known film is first. */
function closeness({ text }: Entry, query: string): 0 | 1 | 2 {
  const bare = text.replace(/^(the|a|an) /, "");
  if (text === query || bare === query) return 2;
  return text.startsWith(query) || bare.startsWith(query) ? 1 : 0;
}

/** Lower case, without accents and punctuation. */
function fold(text: string): string {
  return text
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/['’]/g, "")
    .replace(/[^\p{L}\p{N}]+/gu, " ")
    .trim();
}
