import { expect, test } from "vitest";
import { median, timesFaster } from "./statistics.ts";

test("the median of an odd number of values is the middle one, in whatever order they come", () => {
  expect(median([9, 1, 4])).toBe(4);
  expect(median([7])).toBe(7);
});

test("the median of an even number of values is the mean of the middle two", () => {
  expect(median([10, 2, 4, 1])).toBe(3);
});

test("values are compared as numbers, not as text, and left as they are", () => {
  const values = [100, 5, 10];
  expect(median(values)).toBe(10);
  expect(values).toEqual([100, 5, 10]);
});

test("there is no median of nothing", () => {
  expect(() => median([])).toThrow("at least one value");
});

test("a ratio is taken within each round: a slow spell that hits both sides changes nothing", () => {
  const { median: middle, low, high } = timesFaster([10, 30, 10], [20, 60, 25]);
  expect(middle).toBe(2);
  expect(low).toBe(2);
  expect(high).toBe(2.5);
});

test("the median of the quotients is not the quotient of the medians", () => {
  expect(timesFaster([1, 10, 100], [100, 10, 1]).median).toBe(1);
  expect(timesFaster([2, 3, 7], [4, 12, 7]).median).toBe(2);
});

test("runs that were not taken in turn have no ratio", () => {
  expect(() => timesFaster([1, 2], [1])).toThrow("not taken in turn");
});
