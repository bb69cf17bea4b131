/**
 * @file The changes a history knows, as functions from one list to the next. Lists are oldest first and numbered 0, 1, 2 …; entries
 * that a change leaves alone stay the same objects, so that a storage writes only what differs.
 */
import { FailureError } from "../core/failure.ts";
import type { HistoryEvent } from "./history-store.ts";

type Events = readonly HistoryEvent[];

/** Appends the film, or gives the entry that it already has a new rating. Returns the list and the film's entry. */
export function withFilm(
  events: Events,
  entry: Omit<HistoryEvent, "order">,
): { events: Events; event: HistoryEvent } {
  const there = events.find(({ movieId }) => movieId === entry.movieId);
  if (there === undefined) {
    const event = { ...entry, order: events.length };
    return { events: numbered([...events, event]), event };
  }
  const event = entry.rating === null ? there : { ...there, rating: entry.rating };
  return { events: numbered(events.map((old) => (old === there ? event : old))), event };
}

export function withRating(events: Events, key: string, rating: number | null): Events {
  entryOf(events, key);
  return events.map((event) => (event.key === key && event.rating !== rating ? { ...event, rating } : event));
}

/** The entry at place `toIndex`, the others in their order around it. */
export function withMove(events: Events, key: string, toIndex: number): Events {
  const moved = entryOf(events, key);
  const others = events.filter((event) => event !== moved);
  const place = Math.min(Math.max(Math.trunc(toIndex), 0), others.length);
  return numbered([...others.slice(0, place), moved, ...others.slice(place)]);
}

export function without(events: Events, key: string): Events {
  return numbered(events.filter((event) => event.key !== key));
}

/** Entries with `order` equal to their place. */
export function numbered(events: Events): Events {
  return events.map((event, order) => (event.order === order ? event : { ...event, order }));
}

function entryOf(events: Events, key: string): HistoryEvent {
  const entry = events.find((event) => event.key === key);
  if (entry !== undefined) return entry;
  throw new FailureError({
    kind: "bad-request",
    reason: `the history has no entry ${key}; it may have been removed in another tab`,
  });
}
