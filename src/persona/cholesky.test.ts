import fc from "fast-check";
import { expect, test } from "vitest";
import { InvariantError } from "../core/invariant.ts";
import { choleskyFactor, choleskyInverse, choleskySolve } from "./cholesky.ts";

const SIZE = 5;

test("a factor gives its matrix back, and solves and inverts it", () => {
  const entries = fc.array(fc.double({ min: -3, max: 3, noNaN: true }), {
    minLength: SIZE * SIZE,
    maxLength: SIZE * SIZE,
  });
  fc.assert(
    fc.property(entries, (values) => {
      // A Aᵀ + I is positive definite whatever A is.
      const at = (i: number, k: number) => values[i * SIZE + k] ?? 0;
      const matrix = Float64Array.from({ length: SIZE * SIZE }, (_, index) => {
        const [i, j] = [Math.floor(index / SIZE), index % SIZE];
        let sum = i === j ? 1 : 0;
        for (let k = 0; k < SIZE; k++) sum += at(i, k) * at(j, k);
        return sum;
      });
      const factor = choleskyFactor(matrix, SIZE);
      const inverse = choleskyInverse(factor, SIZE);
      const right = Float64Array.from({ length: SIZE }, (_, i) => i - 1.5);
      const x = choleskySolve(factor, right);
      for (let i = 0; i < SIZE; i++) {
        let solved = 0;
        for (let j = 0; j < SIZE; j++) {
          let product = 0;
          let unit = 0;
          for (let k = 0; k < SIZE; k++) {
            product += (factor[i * SIZE + k] ?? 0) * (factor[j * SIZE + k] ?? 0);
            unit += (matrix[i * SIZE + k] ?? 0) * (inverse[k * SIZE + j] ?? 0);
          }
          expect(product).toBeCloseTo(matrix[i * SIZE + j] ?? 0, 9);
          expect(unit).toBeCloseTo(i === j ? 1 : 0, 8);
          solved += (matrix[i * SIZE + j] ?? 0) * (x[j] ?? 0);
        }
        expect(solved).toBeCloseTo(right[i] ?? 0, 9);
      }
    }),
    { numRuns: 30 },
  );
});

test("a matrix that is not positive definite is a bug", () => {
  expect(() => choleskyFactor(Float64Array.of(1, 2, 2, 1), 2)).toThrow(InvariantError);
});
