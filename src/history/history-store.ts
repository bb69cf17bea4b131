/**
 * @file What the page knows of the viewing history: an ordered list of films, each once, kept on this device. Every promise rejects
 * with a FailureError: `storage-failed` when the browser's storage did not take a change (the stored history is then as before),
 * `bad-request` when the change itself makes no sense, `file-invalid` for an import that cannot be read.
 */

/** One film of the history. Films are named by MovieLens id, since catalogue rows differ from pack to pack. */
export interface HistoryEvent {
  /** Identity of this entry, unique on this device. */
  readonly key: string;
  readonly movieId: number;
  /** 0.5 to 5 in half stars; null: watched, not rated. */
  readonly rating: number | null;
  /** Milliseconds since 1970 when the entry was made. */
  readonly addedAt: number;
  /** Place in the history, ascending; 0 is the oldest. */
  readonly order: number;
}

/** What is needed to make an entry. */
export type HistoryItem = Pick<HistoryEvent, "movieId" | "rating">;

/** A stored row that could not be read. It is kept (and exported) as it was found, never deleted silently. */
export interface SetAsideRow {
  readonly row: unknown;
  readonly reason: string;
}

export interface HistoryStore {
  /** All entries, oldest first. Rows that cannot be read are set aside, see {@link HistoryStore.setAside}. */
  load(): Promise<readonly HistoryEvent[]>;
  /** Appends a film. One that is there already stays where it is; a rating given with it replaces the old one. */
  add(movieId: number, rating: number | null): Promise<HistoryEvent>;
  rate(key: string, rating: number | null): Promise<void>;
  /** Moves an entry to the place `toIndex` of the list; beyond an end means the end. */
  move(key: string, toIndex: number): Promise<void>;
  /** Removing what is not there is no error: it is gone, as asked. */
  remove(key: string): Promise<void>;
  /** Replaces the whole history in one step: all of it, or nothing. */
  replaceAll(items: readonly HistoryItem[]): Promise<readonly HistoryEvent[]>;
  /** The history as a `becausal-history/1` file. */
  exportJson(): Promise<string>;
  /** Replaces the history by a file's. An invalid file changes nothing. */
  importJson(text: string): Promise<readonly HistoryEvent[]>;
  /** Removes everything the history ever stored. */
  erase(): Promise<void>;
  /** Rows found unreadable so far, this session's and earlier ones'. */
  setAside(): Promise<readonly SetAsideRow[]>;
  /** Calls the listener after another tab has changed the history. Returns the way to stop. */
  subscribe(listener: () => void): () => void;
  /** False: nothing outlives this page, see {@link HistoryStore.whyNotDurable}. */
  readonly durable: boolean;
  /** Why nothing is kept; null when it is. */
  readonly whyNotDurable: string | null;
  /** Lets go of the database and of other tabs. */
  close(): void;
}
