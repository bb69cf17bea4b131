import { describe, expect, test } from "vitest";
import { studentQuantile, tInterval } from "./student-t.ts";

describe("Student's t", () => {
  // Closed forms: one degree of freedom is Cauchy's tan, two are algebraic; the others are printed tables.
  test.for([
    [0.975, 1, Math.tan(Math.PI * 0.475)],
    [0.95, 2, 0.9 / Math.sqrt(2 * 0.95 * 0.05)],
    [0.975, 10, 2.228138852],
    [0.975, 30, 2.0422724563],
    [0.995, 120, 2.6174211],
    [0.975, 1e7, 1.9599642],
  ] as const)("quantile %d at %d degrees", ([probability, freedom, expected]) => {
    expect(studentQuantile(probability, freedom)).toBeCloseTo(expected, 6);
    expect(studentQuantile(1 - probability, freedom)).toBeCloseTo(-expected, 6);
  });

  test("gives the interval of a mean", () => {
    const { value, standardError, low, high } = tInterval([1, 2, 3, 4]);
    expect(value).toBe(2.5);
    expect(standardError).toBeCloseTo(Math.sqrt(5 / 3 / 4), 12);
    expect(high - low).toBeCloseTo(2 * 3.1824463053 * standardError, 8);
  });

  test("has no interval of one value", () => {
    expect(() => tInterval([1])).toThrow(/two values/);
  });
});
