import { expect, test } from "vitest";
import type { HistoryEvent } from "./history-store.ts";
import { keptHistory, seenFilms } from "./kept-history.ts";

const event = (movieId: number, rating: number | null, order: number): HistoryEvent => ({
  key: String(movieId),
  movieId,
  rating,
  addedAt: 0,
  order,
});

const events = [event(10, 3, 2), event(20, 2.5, 0), event(30, null, 1), event(40, 5, 3)];

test("films rated 3 and up, or merely watched, enter the prompt, oldest first", () => {
  expect(keptHistory(events)).toEqual([30, 10, 40]);
});

test("everything in the history counts as seen", () => {
  expect(seenFilms(events)).toEqual([20, 30, 10, 40]);
});
