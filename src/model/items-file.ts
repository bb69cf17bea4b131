/**
 * @file The user's own copy of a data set's films: RecBole's `.item` (tab-separated columns with typed names) or MovieLens 100K's
 * `u.item` (columns between bars, Latin-1). Input from outside.
 */
import { FailureError } from "../core/failure.ts";
import type { Film } from "./film.ts";
import { moveArticles } from "./move-articles.ts";
import { quoted } from "./quoted.ts";

/** What a catalogue without titles lacks. */
export type FilmText = Pick<Film, "title" | "year" | "genres">;

export interface ItemsFile {
  /** How failures name the file. */
  readonly file: string;
  /** By MovieLens id. */
  readonly texts: ReadonlyMap<number, FilmText>;
}

const LIMITS = { bytes: 64 * 2 ** 20, films: 1_000_000, titleCharacters: 500 };
/** Of u.item's last 19 columns; the first is "unknown". */
const GENRES = [
  ...["Action", "Adventure", "Animation", "Children's", "Comedy", "Crime", "Documentary", "Drama", "Fantasy"],
  ...["Film-Noir", "Horror", "Musical", "Mystery", "Romance", "Sci-Fi", "Thriller", "War", "Western"],
];
const BAR_COLUMNS = 5 + 1 + GENRES.length;

/** Reads films of either format. Throws `file-invalid` naming the line that is wrong. */
export function readItemsFile(bytes: Uint8Array, file: string): ItemsFile {
  const invalid = (reason: string) => new FailureError({ kind: "file-invalid", file, reason });
  if (bytes.byteLength > LIMITS.bytes)
    throw invalid(`it has ${bytes.byteLength} bytes, the limit is ${LIMITS.bytes}`);
  const lines = decode(bytes).split(/\r?\n/);
  const read = lineReader(lines[0] ?? "");
  if (read === null)
    throw invalid(
      "its first line is neither RecBole's column names (item_id:token, movie_title:token_seq, ...) nor a film of u.item",
    );
  const texts = new Map<number, FilmText>();
  for (const [index, line] of lines.entries()) {
    if (line === "" || (index === 0 && read.skipsFirst)) continue;
    const entry = read.film(line);
    if (entry === null || entry.text.title === "" || entry.text.title.length > LIMITS.titleCharacters)
      throw invalid(`line ${index + 1} is no film: ${quoted(line.slice(0, 80))}`);
    if (texts.has(entry.id)) throw invalid(`line ${index + 1} gives film ${entry.id} a second time`);
    texts.set(entry.id, entry.text);
    if (texts.size > LIMITS.films) throw invalid(`it lists more than ${LIMITS.films} films`);
  }
  return { file, texts };
}

interface LineReader {
  readonly skipsFirst: boolean;
  film(line: string): { readonly id: number; readonly text: FilmText } | null;
}

function lineReader(first: string): LineReader | null {
  if (first.split("|").length === BAR_COLUMNS) return { skipsFirst: false, film: barredFilm };
  const names = first.split("\t").map((name) => name.split(":")[0] ?? "");
  const [id, title, year, genres] = ["item_id", "movie_title", "release_year", "class"].map((name) =>
    names.indexOf(name),
  );
  if ([id, title, year, genres].some((column) => column === undefined || column < 0)) return null;
  return {
    skipsFirst: true,
    film: (line) => {
      const cells = line.split("\t");
      if (cells.length !== names.length) return null;
      const cell = (column: number | undefined) => cells[column ?? -1] ?? "";
      return tabbedFilm(cell(id), cell(title), cell(year), cell(genres));
    },
  };
}

function tabbedFilm(id: string, title: string, year: string, genres: string) {
  if (!/^\d{1,15}$/.test(id)) return null;
  // RecBole's own rule for years fails on two films: "unkonwn" is u.item's film called "unknown", and one title keeps its year.
  const { name, year: own } = splitYear(title === "unkonwn" ? "unknown" : title);
  const known = /^\d{4}$/.test(year);
  return {
    id: Number(id),
    text: {
      title: moveArticles(known ? title : name),
      year: known ? Number(year) : own,
      genres: genres.split(" ").filter((genre) => genre !== "" && genre !== "unknown"),
    },
  };
}

function barredFilm(line: string) {
  const cells = line.split("|");
  const [id = "", title = ""] = cells;
  if (cells.length !== BAR_COLUMNS || !/^\d{1,15}$/.test(id)) return null;
  const { name, year } = splitYear(title);
  const marks = cells.slice(-GENRES.length);
  return {
    id: Number(id),
    text: { title: moveArticles(name), year, genres: GENRES.filter((_, i) => marks[i] === "1") },
  };
}

/** "Title (1995)" and "Title (1995) (V)", as MovieLens marks films made for video. */
function splitYear(title: string): { readonly name: string; readonly year: number | null } {
  const [, name, year] = /^(.*\S)\s*\((\d{4})\)(?:\s*\(V\))?\s*$/.exec(title) ?? [];
  return name === undefined ? { name: title, year: null } : { name, year: Number(year) };
}

/** UTF-8 where the bytes are that, else Latin-1, whose every byte is the character of that number. */
function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    let text = "";
    for (let at = 0; at < bytes.length; at += 8192)
      text += String.fromCharCode(...bytes.subarray(at, at + 8192));
    return text;
  }
}
