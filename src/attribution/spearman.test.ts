import fc from "fast-check";
import { expect, test } from "vitest";
import { spearman } from "./spearman.ts";

test("rank correlations of known rankings", () => {
  expect(spearman([1, 2, 3, 4], [10, 20, 30, 4000])).toBeCloseTo(1, 12);
  expect(spearman([1, 2, 3, 4], [4, 3, 2, 1])).toBeCloseTo(-1, 12);
  // 1 - 6 sum d^2 / (n (n^2 - 1)), without equals.
  expect(spearman([1, 2, 3, 4, 5], [2, 1, 4, 3, 5])).toBeCloseTo(1 - (6 * 4) / (5 * 24), 12);
  // scipy.stats.spearmanr([1, 2, 2, 3], [1, 3, 2, 4])
  expect(spearman([1, 2, 2, 3], [1, 3, 2, 4])).toBeCloseTo(0.9486832980505138, 12);
});

test("where one side has no ranking there is none in common", () => {
  expect(spearman([1, 1, 1], [1, 2, 3])).toBeNull();
  expect(spearman([], [])).toBeNull();
  expect(spearman([5], [7])).toBeNull();
});

test("is the same whatever keeps both orders, and lies between -1 and 1", () => {
  const pairs = fc.array(fc.tuple(fc.integer({ min: -9, max: 9 }), fc.integer({ min: -9, max: 9 })), {
    minLength: 2,
  });
  fc.assert(
    fc.property(pairs, (values) => {
      const [one, other] = [values.map(([a]) => a), values.map(([, b]) => b)];
      const rank = spearman(one, other);
      const bent = spearman(
        one.map((value) => value ** 3 + 7),
        other.map((value) => Math.exp(value)),
      );
      if (rank === null) expect(bent).toBeNull();
      else {
        expect(bent).toBeCloseTo(rank, 12);
        expect(Math.abs(rank)).toBeLessThanOrEqual(1 + 1e-12);
      }
    }),
  );
});
