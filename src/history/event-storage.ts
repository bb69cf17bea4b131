/** @file Where a history's rows live. The history store stands on this and does not know which one it got. */
import type { HistoryEvent, SetAsideRow } from "./history-store.ts";

export interface StoredHistory {
  /** Oldest first. */
  readonly events: readonly HistoryEvent[];
  /** Everything ever found unreadable. */
  readonly setAside: readonly SetAsideRow[];
}

export interface EventStorage {
  /** Reads the rows; unreadable ones are moved aside where that is possible. */
  read(): Promise<StoredHistory>;
  /**
   * Replaces the list by what `change` makes of it, in one transaction that no other tab can come between. A `change` that throws
   * changes nothing. Resolves once the change is on the disk; rejects with `storage-failed` when it did not get there.
   */
  edit<Result>(operation: string, change: (events: readonly HistoryEvent[]) => Edit<Result>): Promise<Result>;
  erase(): Promise<void>;
  close(): void;
}

export interface Edit<Result> {
  readonly events: readonly HistoryEvent[];
  readonly result: Result;
}

/** Keeps the history as long as the page lives: for browsers that refuse storage. */
export function memoryStorage(): EventStorage {
  let events: readonly HistoryEvent[] = [];
  return {
    read: async () => ({ events, setAside: [] }),
    edit: async (_operation, change) => {
      const edit = change(events);
      events = edit.events;
      return edit.result;
    },
    erase: async () => {
      events = [];
    },
    close: () => undefined,
  };
}
