/** @file What an entry of the history must look like, wherever it comes from: the database, a file, the page. */
import * as v from "valibot";
import type { HistoryEvent, SetAsideRow } from "./history-store.ts";

/** MovieLens numbers its films from 1. */
export const movieIdSchema = v.pipe(v.number(), v.safeInteger(), v.minValue(1));

/** Half stars as MovieLens counts them. */
const starsSchema = v.pipe(
  v.number(),
  v.minValue(0.5),
  v.maxValue(5),
  v.check((stars) => Number.isInteger(stars * 2), "a rating is a whole number of half stars"),
);
export const ratingSchema = v.nullable(starsSchema);

export const momentSchema = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

const rowSchema = v.object({
  key: v.pipe(v.string(), v.minLength(1)),
  movieId: movieIdSchema,
  rating: ratingSchema,
  addedAt: momentSchema,
  order: v.pipe(v.number(), v.finite()),
});

export interface ReadRows {
  /** Oldest first. */
  readonly events: readonly HistoryEvent[];
  readonly unreadable: readonly SetAsideRow[];
}

/** Sorts stored rows into entries and rows that cannot be read, each with its reason. */
export function readRows(rows: readonly unknown[]): ReadRows {
  const events: HistoryEvent[] = [];
  const unreadable: SetAsideRow[] = [];
  const keyOfFilm = new Map<number, string>();
  for (const row of rows) {
    const parsed = v.safeParse(rowSchema, row);
    if (!parsed.success) {
      unreadable.push({ row, reason: describeIssues(parsed.issues) });
      continue;
    }
    const twin = keyOfFilm.get(parsed.output.movieId);
    if (twin === undefined) {
      keyOfFilm.set(parsed.output.movieId, parsed.output.key);
      events.push(parsed.output);
    } else unreadable.push({ row, reason: `film ${parsed.output.movieId} already stands in entry ${twin}` });
  }
  events.sort((a, b) => a.order - b.order || a.addedAt - b.addedAt || (a.key < b.key ? -1 : 1));
  return { events, unreadable };
}

/** "rating: Invalid value: …; key: …". */
export function describeIssues(issues: readonly v.BaseIssue<unknown>[]): string {
  return issues
    .map((issue) => {
      const path = v.getDotPath(issue);
      return path === null ? issue.message : `${path}: ${issue.message}`;
    })
    .join("; ");
}
