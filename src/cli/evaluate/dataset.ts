/** @file A folder with a data set: which format it is in, its ratings and its films' names. */
import { readdir } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { FailureError, toFailure } from "../../core/failure.ts";
import type { Problems } from "../../evaluate/problems.ts";
import type { EvaluationHead } from "../../evaluate/result-file.ts";
import { filmName } from "../../model/film.ts";
import { readItemsFile } from "../../model/items-file.ts";
import { sha256 } from "../../model/sha256.ts";
import { readDisk } from "../disk-fetcher.ts";
import { readCsv } from "./csv.ts";
import { readLines } from "./lines.ts";
import { type RatingColumns, RatingReader } from "./ratings.ts";

type FileNote = EvaluationHead["data"]["files"][number];

export interface DatasetFiles {
  readonly name: string;
  readonly format: "recbole" | "movielens-csv" | "ml-100k";
  readonly ratings: RatingColumns;
  /** How failures name the file of ratings. */
  readonly ratingsFile: string;
  /** Names by item id; null where the data set has none that can be read. */
  readonly names: ReadonlyMap<string, string> | null;
  /** A file that `--items` takes; null where there is none. */
  readonly itemsPath: string | null;
  readonly files: readonly FileNote[];
}

interface Found {
  readonly format: DatasetFiles["format"];
  readonly ratings: string;
  /** Null where the folder has none. */
  readonly items: string | null;
}

/**
 * Reads the data set of a folder; rows that are no ratings become problems. Rejects with `file-missing` or `file-invalid` for a folder without a
 * data set, with two of them, or for a file that has no row to use.
 */
export async function readDataset(folder: string, problems: Problems): Promise<DatasetFiles> {
  const { format, ratings: ratingsFile, items } = await findDataset(folder);
  const reader = new RatingReader(ratingsFile, problems);
  const path = join(folder, ratingsFile);
  const digest = await READERS[format](path, ratingsFile, reader);
  const note = { file: ratingsFile, sha256: digest, rows: reader.rows, badRows: reader.badRows };
  const ratings = reader.columns();
  if (ratings.user.length === 0) {
    const [first] = problems.named;
    const why = first === undefined ? "" : `; the first row: ${first.reason}`;
    throw invalid(ratingsFile, `none of its ${reader.rows} rows is a rating${why}`);
  }
  const films = items === null ? null : await readFilms(join(folder, items), items, format, problems);
  return {
    name: format === "recbole" ? basename(ratingsFile, ".inter") : basename(resolve(folder)),
    format,
    ratings,
    ratingsFile,
    names: films?.names ?? null,
    itemsPath: items === null || format === "movielens-csv" ? null : join(folder, items),
    files: films === null ? [note] : [note, films.note],
  };
}

async function findDataset(folder: string): Promise<Found> {
  const entries = await readdir(folder).catch(() => {
    throw new FailureError({ kind: "file-missing", file: folder, status: null });
  });
  const has = (name: string) => (entries.includes(name) ? name : null);
  const recbole = entries
    .filter((name) => name.endsWith(".inter"))
    .map((ratings): Found => {
      return { format: "recbole", ratings, items: has(ratings.replace(/\.inter$/, ".item")) };
    });
  const found: Found[] = [...recbole];
  if (has("ratings.csv") !== null)
    found.push({ format: "movielens-csv", ratings: "ratings.csv", items: has("movies.csv") });
  if (has("u.data") !== null) found.push({ format: "ml-100k", ratings: "u.data", items: has("u.item") });
  const [first, ...others] = found;
  if (first === undefined)
    throw invalid(
      folder,
      "it has neither a NAME.inter (RecBole), a ratings.csv (MovieLens) nor a u.data (MovieLens 100K)",
    );
  if (others.length > 0) {
    const names = found.map(({ ratings }) => ratings).join(", ");
    throw invalid(folder, `it has several data sets (${names}); give a folder for the one that is meant`);
  }
  return first;
}

type ReadRatings = (path: string, file: string, reader: RatingReader) => Promise<string>;

const READERS: Readonly<Record<DatasetFiles["format"], ReadRatings>> = {
  recbole: readRecbole,
  "movielens-csv": readMovielens,
  "ml-100k": readMl100k,
};

async function readRecbole(path: string, file: string, reader: RatingReader): Promise<string> {
  let columns: { user: number; item: number; rating: number; time: number; count: number } | null = null;
  const { sha256: digest } = await readLines(path, file, (line, number) => {
    const cells = line.split("\t");
    if (columns === null) {
      const at = (name: string) => cells.indexOf(name);
      columns = {
        user: at("user_id:token"),
        item: at("item_id:token"),
        rating: at("rating:float"),
        time: at("timestamp:float"),
        count: cells.length,
      };
      const missing = [
        ["user_id:token", columns.user],
        ["item_id:token", columns.item],
        ["timestamp:float", columns.time],
      ].filter(([, column]) => column === -1);
      if (missing.length > 0)
        throw invalid(file, `its first line has no column ${missing.map(([name]) => name).join(", ")}`);
      return;
    }
    if (line === "") return;
    const { user, item, rating, time, count } = columns;
    if (cells.length !== count) return reader.refuse(number, columnsSaid(cells.length, count));
    const cell = (column: number) => (cells[column] ?? "").trim();
    reader.add(number, cell(user), cell(item), rating < 0 ? null : cell(rating), cell(time));
  });
  return digest;
}

async function readMl100k(path: string, file: string, reader: RatingReader): Promise<string> {
  const { sha256: digest } = await readLines(path, file, (line, number) => {
    if (line === "") return;
    const cells = line.split("\t");
    const [user = "", item = "", rating = "", time = ""] = cells;
    if (cells.length !== 4) return reader.refuse(number, columnsSaid(cells.length, 4));
    reader.add(number, user.trim(), item.trim(), rating.trim(), time.trim());
  });
  return digest;
}

async function readMovielens(path: string, file: string, reader: RatingReader): Promise<string> {
  return readCsv(path, file, ["userId", "movieId", "rating", "timestamp"], {
    onRow: (line, [user = "", item = "", rating = "", time = ""]) =>
      reader.add(line, user, item, rating, time),
    onBadRow: (line, reason) => reader.refuse(line, reason),
  });
}

async function readFilms(
  path: string,
  file: string,
  format: DatasetFiles["format"],
  problems: Problems,
): Promise<{ readonly names: ReadonlyMap<string, string> | null; readonly note: FileNote }> {
  if (format === "movielens-csv") {
    const names = new Map<string, string>();
    let badRows = 0;
    const onBadRow = (line: number, reason: string) => {
      badRows++;
      problems.add(file, line, reason);
    };
    const digest = await readCsv(path, file, ["movieId", "title"], {
      onRow: (line, [id = "", title = ""]) => {
        if (id === "" || title === "") onBadRow(line, `it names no ${id === "" ? "film" : "title"}`);
        else if (names.has(id)) onBadRow(line, `it gives film ${id} a second time`);
        else names.set(id, title);
      },
      onBadRow,
    });
    return { names, note: { file, sha256: digest, rows: names.size + badRows, badRows } };
  }
  const bytes = await readDisk(path);
  const digest = await sha256(bytes);
  try {
    const { texts } = readItemsFile(bytes, file);
    const names = new Map([...texts].map(([id, text]) => [`${id}`, filmName(text)]));
    return { names, note: { file, sha256: digest, rows: names.size, badRows: 0 } };
  } catch (thrown) {
    const failure = toFailure(thrown);
    if (failure.kind !== "file-invalid") throw thrown;
    problems.add(file, null, `${failure.reason}; films are found by id alone`);
    return { names: null, note: { file, sha256: digest, rows: 0, badRows: 0 } };
  }
}

function columnsSaid(found: number, expected: number): string {
  return `it has ${found} column${found === 1 ? "" : "s"} where ${expected} were expected`;
}

function invalid(file: string, reason: string): FailureError {
  return new FailureError({ kind: "file-invalid", file, reason });
}
