import { describe, expect, test } from "vitest";
import { intervalScale, standing } from "./interval-scale.ts";

const figure = (value: number, low: number | null, high: number | null) => ({ value, low, high });

describe("the axis", () => {
  test("of values begins at zero and holds every interval", () => {
    const scale = intervalScale([figure(0.5, 0.4, 0.58), figure(0.2, null, null)], "value");
    expect(scale.from).toBe(0);
    expect(scale.to).toBeGreaterThanOrEqual(0.58);
    expect(scale.place(0)).toBe(0);
    expect(scale.place(scale.to)).toBe(100);
    expect(scale.neutral).toBeNull();
  });

  test("of differences holds zero though all lie on one side", () => {
    for (const side of [1, -1]) {
      const scale = intervalScale([figure(0.3 * side, 0.3 * side - 0.1, 0.3 * side + 0.1)], "difference");
      expect(scale.from).toBeLessThanOrEqual(0);
      expect(scale.to).toBeGreaterThanOrEqual(0);
      expect(scale.place(0)).toBeCloseTo(side > 0 ? 0 : 100, 9);
    }
  });

  test("of ratios holds one", () => {
    const scale = intervalScale([figure(2.2, 1.7, 3)], "ratio");
    expect(scale.from).toBeLessThanOrEqual(1);
    expect(scale.neutral).toBe(1);
  });

  test("has an end that is known", () => {
    expect(intervalScale([figure(0.2, 0.1, 0.3)], "value", 1).to).toBe(1);
  });

  test("of nothing but zeros is no point", () => {
    const scale = intervalScale([figure(0, 0, 0)], "value");
    expect(scale.to).toBeGreaterThan(scale.from);
    expect(scale.place(0)).toBe(0);
  });
});

test.for([
  [0.1, 0.05, 0.2, "difference", "above"],
  [-0.1, -0.2, -0.05, "difference", "below"],
  [0.1, -0.05, 0.2, "difference", "open"],
  [0.1, 0, 0.2, "difference", "open"],
  [1.2, 1.1, 1.3, "ratio", "above"],
  [1.2, 0.9, 1.3, "ratio", "open"],
  [0.8, 0.7, 0.9, "ratio", "below"],
  [0.8, 0.7, 0.9, "value", "open"],
] as const)("%d [%d, %d] as a %s is %s", ([value, low, high, form, side]) => {
  expect(standing({ value, low, high }, form)).toBe(side);
});
