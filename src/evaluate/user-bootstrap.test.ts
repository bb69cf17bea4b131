import { expect, test } from "vitest";
import { seededRandom } from "../core/rng.ts";
import { bootstrapMeans } from "./user-bootstrap.ts";

const options = { resamples: 2000, seed: 3 };

test("the value is the mean over questions, not over users", () => {
  const [row] = bootstrapMeans([Float64Array.of(1, 1, 1, 0)], ["a", "a", "a", "b"], options);
  expect(row).toMatchObject({ value: 0.75, low: 0, high: 1 });
});

test("a seed repeats its intervals and another does not", () => {
  const values = [Float64Array.from({ length: 50 }, seededRandom(1))];
  const users = [...values[0]!.keys()].map(String);
  const draw = (seed: number) => bootstrapMeans(values, users, { resamples: 500, seed })[0];
  expect(draw(1)).toEqual(draw(1));
  expect(draw(1)).not.toEqual(draw(2));
});

test("an interval of independent users is that of the normal approximation", () => {
  const random = seededRandom(5);
  const values = Float64Array.from({ length: 400 }, () => (random() < 0.3 ? 1 : 0));
  const [row] = bootstrapMeans([values], [...values.keys()].map(String), options);
  const mean = row!.value;
  const half = 1.96 * Math.sqrt((mean * (1 - mean)) / 400);
  expect(row!.low).toBeCloseTo(mean - half, 2);
  expect(row!.high).toBeCloseTo(mean + half, 2);
});

test("questions of one user are not independent: the interval is wider", () => {
  const random = seededRandom(6);
  const taste = Array.from({ length: 40 }, () => (random() < 0.5 ? 1 : 0));
  const values = Float64Array.from(taste.flatMap((hit) => new Array<number>(10).fill(hit)));
  const clustered = [...values.keys()].map((i) => `${Math.floor(i / 10)}`);
  const width = (users: readonly string[]) => {
    const [row] = bootstrapMeans([values], users, options);
    return row!.high - row!.low;
  };
  expect(width(clustered)).toBeGreaterThan(2 * width([...values.keys()].map(String)));
});

test("rows share their resamples: a difference of equal rows is zero throughout", () => {
  const values = Float64Array.of(1, 0, 1, 1);
  const [one, other, difference] = bootstrapMeans(
    [values, values, values.map(() => 0)],
    ["a", "b", "c", "d"],
    options,
  );
  expect(one).toEqual(other);
  expect(difference).toEqual({ value: 0, low: 0, high: 0 });
});
