import type { Failure } from "../core/failure.ts";
import type { HistoryEvent, HistoryItem } from "../history/history-store.ts";

/** The way back from the last step that took something away. */
export type Undo =
  | { readonly kind: "removed"; readonly item: HistoryItem; readonly index: number }
  | { readonly kind: "replaced"; readonly items: readonly HistoryItem[] };

export interface HistoryState {
  readonly phase: "loading" | "ready" | "unreadable";
  /** Oldest first. */
  readonly events: readonly HistoryEvent[];
  readonly undo: Undo | null;
  /** The last change that storage refused; the history is as it was before. */
  readonly failure: Failure | null;
  /** Why nothing outlives this page; null when the history is kept. */
  readonly whyNotDurable: string | null;
  /** Stored rows that could not be read and were set aside. */
  readonly setAside: number;
}

export const historyBeforeLoad: HistoryState = {
  phase: "loading",
  events: [],
  undo: null,
  failure: null,
  whyNotDurable: null,
  setAside: 0,
};

export type HistoryStateEvent =
  | {
      readonly type: "read";
      readonly events: readonly HistoryEvent[];
      readonly whyNotDurable: string | null;
      readonly setAside: number;
    }
  | { readonly type: "changed"; readonly events: readonly HistoryEvent[]; readonly undo: Undo | null }
  | { readonly type: "refused"; readonly failure: Failure }
  | { readonly type: "dismissed" };

/** A refused change leaves the events as they are; one refused before the first reading leaves them unread. */
export function advanceHistory(state: HistoryState, event: HistoryStateEvent): HistoryState {
  switch (event.type) {
    case "read":
      return {
        ...state,
        phase: "ready",
        events: event.events,
        failure: null,
        whyNotDurable: event.whyNotDurable,
        setAside: event.setAside,
      };
    case "changed":
      return { ...state, phase: "ready", events: event.events, undo: event.undo, failure: null };
    case "refused":
      return {
        ...state,
        phase: state.phase === "loading" ? "unreadable" : state.phase,
        failure: event.failure,
      };
    case "dismissed":
      return { ...state, failure: null, undo: null };
    default:
      return event satisfies never;
  }
}
