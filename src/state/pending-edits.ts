import type { HistoryEvent } from "../history/history-store.ts";
import { makeOneAtATime, type OneAtATime } from "./one-at-a-time.ts";

/** What a change will make of the list, before storage has said so. */
export type Foresight = (events: readonly HistoryEvent[]) => readonly HistoryEvent[];

/** What a change of one entry will make of the list; nothing where another tab has removed the entry, which the store then says. */
export function ofEntry(key: string, change: Foresight): Foresight {
  return (events) => (events.some((event) => event.key === key) ? change(events) : events);
}

/**
 * The changes of the history that were asked for: carried out one after the other, and foreseen until they are through. A person's next key
 * counts from what is on screen, so a list that was read from storage is never shown without the changes that still wait behind it.
 */
export interface PendingEdits {
  readonly inTurn: OneAtATime;
  /** Counts on a change from now on; what comes back ends that, once the change is stored or refused. */
  foresee(foresight: Foresight): () => void;
  /** Notes what storage holds. */
  stored(events: readonly HistoryEvent[]): void;
  /** What storage holds, and on it the changes that are not through, in the order they were asked for. */
  foreseen(): readonly HistoryEvent[];
}

export function makePendingEdits(): PendingEdits {
  const pending = new Set<{ readonly foresight: Foresight }>();
  let base: readonly HistoryEvent[] = [];
  return {
    inTurn: makeOneAtATime(),
    foresee: (foresight) => {
      const change = { foresight };
      pending.add(change);
      return () => pending.delete(change);
    },
    stored: (events) => {
      base = events;
    },
    foreseen: () => [...pending].reduce((events, { foresight }) => foresight(events), base),
  };
}
