/** @file The exported history, `becausal-history/1`: what a person takes along or keeps as a copy. */
import * as v from "valibot";
import { FailureError } from "../core/failure.ts";
import { describeIssues, momentSchema, movieIdSchema, ratingSchema } from "./history-row.ts";
import type { HistoryEvent, HistoryItem, SetAsideRow } from "./history-store.ts";

const SCHEMA = "becausal-history/1";
const FILE = "the history file";
/** Three times the ratings of the most diligent MovieLens user; more is not a person's history. */
const MAX_ITEMS = 30_000;
const MAX_CHARACTERS = 8_000_000;

const fileSchema = v.object({
  schema: v.literal(SCHEMA),
  /** Oldest first. */
  items: v.pipe(
    v.array(v.object({ movieId: movieIdSchema, rating: ratingSchema, addedAt: momentSchema })),
    v.maxLength(MAX_ITEMS),
    v.check(
      (items) => new Set(items.map(({ movieId }) => movieId)).size === items.length,
      "a film stands more than once",
    ),
  ),
  /** Rows that could not be read when the file was written: carried along, not imported. */
  setAside: v.optional(v.array(v.unknown())),
});

export interface ImportedItem extends HistoryItem {
  readonly addedAt: number;
}

export function writeHistoryFile(
  events: readonly HistoryEvent[],
  setAside: readonly SetAsideRow[] = [],
): string {
  const items = events.map(({ movieId, rating, addedAt }) => ({ movieId, rating, addedAt }));
  const aside = setAside.length === 0 ? {} : { setAside };
  return `${JSON.stringify({ schema: SCHEMA, items, ...aside }, null, 2)}\n`;
}

/** The films of an exported history, oldest first. Throws `file-invalid` with what is wrong and where. */
export function readHistoryFile(text: string): readonly ImportedItem[] {
  if (text.length > MAX_CHARACTERS) throw invalid(`it has more than ${MAX_CHARACTERS} characters`);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw invalid(`it is not JSON (${error instanceof Error ? error.message : String(error)})`);
  }
  const parsed = v.safeParse(fileSchema, json);
  if (!parsed.success) throw invalid(describeIssues(parsed.issues.slice(0, 5)));
  return parsed.output.items;
}

function invalid(reason: string): FailureError {
  return new FailureError({ kind: "file-invalid", file: FILE, reason });
}
