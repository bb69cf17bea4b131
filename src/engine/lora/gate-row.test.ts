import { expect, test } from "vitest";
import { gateRow } from "./gate-row.ts";

test("every expert's weight covers its own ranks, scale included", () => {
  expect([...gateRow([1, 3], 6, 0.5)]).toEqual([0.5, 0.5, 0.5, 1.5, 1.5, 1.5]);
});

test("a uniform gate is the scale alone", () => {
  expect([...gateRow([1, 1, 1, 1], 4, 2)]).toEqual([2, 2, 2, 2]);
});

test("experts that do not divide the rank are a bug", () => {
  expect(() => gateRow([1, 1, 1], 4, 1)).toThrow("3 gate weights do not divide rank 4");
});
