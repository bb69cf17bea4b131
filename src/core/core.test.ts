import { describe, expect, test } from "vitest";
import { describeFailure, FailureError, toFailure } from "./failure.ts";
import { itemId } from "./ids.ts";
import { present } from "./invariant.ts";
import { seededRandom } from "./rng.ts";

describe("ids", () => {
  test.for([-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY])("%d is no ItemId", (value) => {
    expect(() => itemId(value)).toThrow(/whole number/);
  });
});

describe("failures", () => {
  test("keep their data through a throw", () => {
    const failure = { kind: "file-short", file: "part-00.bin", expectedBytes: 2, actualBytes: 1 } as const;
    expect(toFailure(new FailureError(failure))).toEqual(failure);
    expect(describeFailure(failure)).toContain("part-00.bin");
  });
  test("an unexpected error is a bug with its message", () => {
    expect(toFailure(new RangeError("x"))).toEqual({ kind: "bug", message: "RangeError: x" });
  });
});

test("a missing value is named", () => {
  expect(() => present(undefined, "the third part")).toThrow("the third part is missing");
});

test("a seed repeats its stream and another does not", () => {
  const draw = (seed: number) => Array.from({ length: 5 }, seededRandom(seed));
  expect(draw(7)).toEqual(draw(7));
  expect(draw(7)).not.toEqual(draw(8));
});
