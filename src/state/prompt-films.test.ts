import { expect, test } from "vitest";
import { itemId } from "../core/ids.ts";
import { eventsInPrompt } from "./prompt-films.ts";

const history = (length: number) => Array.from({ length }, (_, i) => itemId(100 + i));

test("a heatmap has a row for each of the last ten kept films, named by its place in the whole history", () => {
  expect(eventsInPrompt(history(3))).toEqual([0, 1, 2]);
  expect(eventsInPrompt(history(12))).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  expect(eventsInPrompt([])).toEqual([]);
});
