/**
 * @file Films by what people write: exactly, nearly, or in part. Case, accents and punctuation never matter. Plain string work, so
 * that any script is compared as it stands.
 */
import { present } from "../core/invariant.ts";
import { type Film, filmName } from "./film.ts";

export interface FilmFinder {
  /**
   * The film that a name means: "The Matrix (1999)", "Matrix, The (1999)", an alternative title that stands in the title's
   * parentheses, or a title without its year where only one film has it. Null where none or several match.
   */
  exact(name: string): Film | null;
  /** The `count` films whose names are most like `name`, best first. */
  nearest(name: string, count: number): readonly Film[];
  /** What a search box shows, best first: title, beginning of the title, words, part of a word, words misspelt; then popularity. */
  search(query: string, limit: number): readonly Film[];
}

interface Entry {
  readonly film: Film;
  /** Folded title without its year. */
  readonly title: string;
  /** Folded title without what stands in its parentheses. */
  readonly main: string;
  /** Folded titles without a leading article, the main one first, then those in parentheses. */
  readonly names: readonly string[];
  readonly words: readonly string[];
}

// Steps of a match, better ones higher; a misspelling counts by its similarity, below all of them.
const MATCH = { whole: 5, beginning: 4, words: 3, part: 2 };
const LEAST_WORD_SIMILARITY = 0.6;
// Longer than any title; what is pasted beyond it only costs time.
const MOST_CHARACTERS = 300;
const ARTICLE = /^(the|a|an|le|la|les|l|el|il|der|die|das) /;

export function makeFilmFinder(films: readonly Film[]): FilmFinder {
  const entries = films.map(toEntry);
  const byName = groupNames(entries);
  const vocabulary = [...new Set(entries.flatMap(({ words }) => words))];

  const exact = (name: string): Film | null => {
    const { title, year } = splitYear(name);
    // What stands in parentheses may be left out, or be written otherwise than here.
    for (const written of [foldTitle(title), foldTitle(outsideParentheses(title))]) {
      const bare = withoutArticle(written);
      const matching = (byName.get(bare) ?? []).filter(({ film }) => year === null || film.year === year);
      // "The Game" is not "Game" where both exist, and a main title beats another film's alternative title.
      const closest =
        [
          matching.filter((entry) => entry.main === written),
          matching.filter((entry) => entry.names[0] === bare),
          matching,
        ].find((group) => group.length > 0) ?? [];
      const [best, ...others] = [...closest].sort((a, b) => b.film.popularity - a.film.popularity);
      // Two films of one name and year cannot be told apart by name: the better known one is meant.
      if (best !== undefined)
        return others.every(({ film }) => filmName(film) === filmName(best.film)) ? best.film : null;
    }
    return null;
  };

  const search = (query: string, limit: number): readonly Film[] => {
    const text = fold(query.slice(0, MOST_CHARACTERS));
    if (text === "") return [];
    const words = text.split(" ");
    const matched = rank(entries, (entry) => matchStep(entry, text, words));
    if (matched.length >= limit) return matched.slice(0, limit);
    const similar = similarWords(words, vocabulary);
    const shown = new Set(matched);
    const misspelt = rank(
      entries.filter(({ film }) => !shown.has(film)),
      (entry) => wordSimilarity(entry, similar),
    );
    return [...matched, ...misspelt].slice(0, limit);
  };

  const nearest = (name: string, count: number): readonly Film[] => {
    const { title, year } = splitYear(name.slice(0, MOST_CHARACTERS));
    const text = withoutArticle(foldTitle(title));
    const words = text.split(" ");
    const similar = similarWords(words, vocabulary);
    return rank(entries, (entry) => {
      const whole = Math.max(...entry.names.map((each) => similarity(each, text)));
      const step = matchStep(entry, text, words) > 0 ? 0.75 : 0;
      const likeness = Math.max(whole, step, 0.9 * wordSimilarity(entry, similar));
      // Among equally like titles the year decides; it never outweighs the title.
      return 1 + likeness + (year !== null && entry.film.year === year ? 0.1 : 0);
    }).slice(0, count);
  };

  return { exact, nearest, search };
}

function toEntry(film: Film): Entry {
  const main = outsideParentheses(film.title);
  // One letter in parentheses is part of a word ("Frontière(s)").
  const alternatives = [...film.title.matchAll(/\((?:a\.?k\.?a\.? )?([^()]{2,})\)/gi)].map(
    ([, inside]) => inside ?? "",
  );
  const names = [main, film.title, ...alternatives]
    .map((name) => withoutArticle(foldTitle(name)))
    .filter((name, i, all) => name !== "" && all.indexOf(name) === i);
  const title = fold(film.title);
  const words = [...new Set(fold(filmName(film)).split(" "))];
  return { film, title, main: fold(main), names: names.length > 0 ? names : [title], words };
}

function outsideParentheses(title: string): string {
  return title.replace(/\([^()]*\)/g, " ");
}

function groupNames(entries: readonly Entry[]): ReadonlyMap<string, readonly Entry[]> {
  const byName = new Map<string, Entry[]>();
  for (const entry of entries)
    for (const name of entry.names) {
      const group = byName.get(name);
      if (group === undefined) byName.set(name, [entry]);
      else group.push(entry);
    }
  return byName;
}

/** Films with a score above 0, best first, the better known first among equals. */
function rank(entries: readonly Entry[], score: (entry: Entry) => number): Film[] {
  return entries
    .map((entry) => ({ film: entry.film, score: score(entry) }))
    .filter((each) => each.score > 0)
    .sort((a, b) => b.score - a.score || b.film.popularity - a.film.popularity || a.film.id - b.film.id)
    .map(({ film }) => film);
}

/** How the query stands in the title; 0 where it does not. */
function matchStep({ title, names, words }: Entry, text: string, wanted: readonly string[]): number {
  const bare = withoutArticle(text);
  if (title === text || names.includes(bare)) return MATCH.whole;
  if (title.startsWith(text) || names.some((name) => name.startsWith(bare))) return MATCH.beginning;
  if (wanted.every((word) => words.some((each) => each.startsWith(word)))) return MATCH.words;
  return title.includes(text) ? MATCH.part : 0;
}

/** For each wanted word, the words of the catalogue that are nearly it, with their similarity. */
function similarWords(
  wanted: readonly string[],
  vocabulary: readonly string[],
): readonly ReadonlyMap<string, number>[] {
  return wanted.map((word) => {
    const found = new Map<string, number>();
    for (const each of vocabulary) {
      if (each.startsWith(word)) found.set(each, 1);
      // A year or a two-letter word is either right or another one.
      else if (word.length > 2 && !/^\d+$/.test(word)) {
        const value = similarity(each, word);
        if (value >= LEAST_WORD_SIMILARITY) found.set(each, value);
      }
    }
    return found;
  });
}

/** Mean over the wanted words of the best similarity in the title; 0 where any word has none. */
function wordSimilarity({ words }: Entry, similar: readonly ReadonlyMap<string, number>[]): number {
  let sum = 0;
  for (const known of similar) {
    let best = 0;
    for (const word of words) best = Math.max(best, known.get(word) ?? 0);
    if (best === 0) return 0;
    sum += best;
  }
  return sum / similar.length;
}

/** 1 - edits / longer length, where an edit inserts, deletes, replaces or swaps neighbours (optimal string alignment). In [0, 1]. */
export function similarity(a: string, b: string): number {
  const longer = Math.max(a.length, b.length);
  if (longer === 0) return 1;
  // Lengths alone bound the result; most pairs end here.
  if (Math.min(a.length, b.length) < longer * 0.4) return Math.min(a.length, b.length) / longer / 2;
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let edits = Math.min(at(last, j) + 1, at(row, j - 1) + 1, at(last, j - 1) + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        edits = Math.min(edits, at(beforeLast, j - 2) + 1);
      row.push(edits);
    }
    beforeLast = last;
    last = row;
  }
  return 1 - at(last, b.length) / longer;
}

function at(row: readonly number[], index: number): number {
  return present(row[index], `column ${index}`);
}

/** "Heat (1995)" -> "Heat", 1995. */
function splitYear(name: string): { readonly title: string; readonly year: number | null } {
  const match = /^(.*\S)\s*[(（](\d{4})[)）]\s*$/u.exec(name);
  return match === null ? { title: name, year: null } : { title: match[1] ?? "", year: Number(match[2]) };
}

const BEHIND_COMMA = /^(.*\S), ?(the|an?|la|les?|l'|el|il|der|die|das)\s*$/iu;

/** Folds a title after moving an article that stands behind a comma ("Matrix, The") to the front. */
function foldTitle(title: string): string {
  const [, rest = "", article = ""] = BEHIND_COMMA.exec(title) ?? [];
  if (article === "") return fold(title);
  return fold(article.endsWith("'") ? article + rest : `${article} ${rest}`);
}

function withoutArticle(folded: string): string {
  return folded.replace(ARTICLE, "");
}

/** Lower case, no accents, every run of punctuation one space. */
export function fold(text: string): string {
  return text
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/(?<=\p{L})['’](?=\p{L})/gu, "")
    .replace(/[^\p{L}\p{N}]+/gu, " ")
    .trim();
}
