/** @file Percentile intervals by resampling users (Efron 1979; clusters as in Field and Welsh 2007): the questions of one person are not independent. */
import { invariant, present } from "../core/invariant.ts";
import { quantile } from "../core/quantile.ts";
import { seededRandom } from "../core/rng.ts";

export interface Interval {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/**
 * The mean of every row of `values` [rows][questions] with its 95 % interval over resamples of whole users, drawn with replacement. All rows see the
 * same resamples. `users` names the user of each question. For a paired difference pass the differences.
 */
export function bootstrapMeans(
  values: readonly Float64Array[],
  users: readonly string[],
  { resamples, seed }: { readonly resamples: number; readonly seed: number },
): Interval[] {
  invariant(users.length > 0, "there is a question");
  const number = new Map<string, number>();
  const userOf = users.map((user) => {
    const known = number.get(user) ?? number.size;
    number.set(user, known);
    return known;
  });
  const count = number.size;
  const sizes = new Float64Array(count);
  for (const user of userOf) sizes[user] = (sizes[user] ?? 0) + 1;
  const sums = values.map((row) => {
    invariant(row.length === users.length, `${row.length} values for ${users.length} questions`);
    const sum = new Float64Array(count);
    for (const [i, user] of userOf.entries()) sum[user] = (sum[user] ?? 0) + (row[i] ?? 0);
    return sum;
  });
  const means = values.map(() => new Float64Array(resamples));
  const random = seededRandom(seed);
  const drawn = new Float64Array(count);
  for (let resample = 0; resample < resamples; resample++) {
    drawn.fill(0);
    for (let i = 0; i < count; i++) {
      const user = Math.floor(random() * count);
      drawn[user] = (drawn[user] ?? 0) + 1;
    }
    const questions = dot(drawn, sizes);
    for (const [row, sum] of sums.entries())
      present(means[row], "a row")[resample] = dot(drawn, sum) / questions;
  }
  return sums.map((sum, row) => {
    const sorted = present(means[row], "a row").sort();
    const total = sum.reduce((all, each) => all + each, 0);
    return { value: total / users.length, low: quantile(sorted, 0.025), high: quantile(sorted, 0.975) };
  });
}

function dot(left: Float64Array, right: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < left.length; i++) sum += (left[i] as number) * (right[i] as number);
  return sum;
}
