import { expect, test } from "vitest";
import { placeOf } from "./place.ts";

test.for([
  ["", "prediction"],
  ["#answer", "prediction"],
  ["#engine", "prediction"],
  ["#evidence", "evidence"],
  ["#evidence-movies", "evidence"],
  ["#evidenced", "prediction"],
  ["#taste", "taste"],
  ["#learn-log", "learn"],
  ["#lab", "lab"],
] as const)("%s is on the page %s", ([hash, place]) => {
  expect(placeOf(hash)).toBe(place);
});
