import { present } from "../core/invariant.ts";

/**
 * Standard error of the mean of each column, sqrt(sum (x - mean)^2 / (n (n - 1))), for n >= 2 draws of [columns] each; null below two
 * draws, which say nothing of their spread.
 */
export function standardErrors(draws: readonly (readonly number[])[]): number[] | null {
  const [first] = draws;
  const n = draws.length;
  if (first === undefined || n < 2) return null;
  return first.map((_, column) => {
    const values = draws.map((draw) => present(draw[column], "a value"));
    const mean = values.reduce((sum, value) => sum + value, 0) / n;
    return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n * (n - 1)));
  });
}
