import { expect, test } from "vitest";
import { InvariantError } from "../../../core/invariant.ts";
import { subtreeEnds } from "./subtree-ends.ts";

test("a row's subtree ends where the next row stands that does not descend from it", () => {
  expect([...subtreeEnds([])]).toEqual([]);
  expect([...subtreeEnds([-1])]).toEqual([1]);
  expect([...subtreeEnds([-1, 0, 1, 2])]).toEqual([4, 4, 4, 4]);
  expect([...subtreeEnds([-1, -1, -1])]).toEqual([1, 2, 3]);
  //  0 - 1 - 2
  //      1 - 3 - 4
  //  0 - 5
  //  6 - 7
  expect([...subtreeEnds([-1, 0, 1, 1, 3, 0, -1, 6])]).toEqual([6, 5, 3, 5, 5, 6, 8, 8]);
});

test.for([
  ["a first row with a parent", [0]],
  ["a parent whose subtree has ended", [-1, 0, 0, 1]],
  ["a parent that comes later", [-1, 2, 0]],
  ["a parent below -1", [-1, -2]],
] as const)("%s is refused", ([, parents]) => {
  expect(() => subtreeEnds(parents)).toThrow(InvariantError);
});
