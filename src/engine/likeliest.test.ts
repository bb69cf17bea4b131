import { expect, test } from "vitest";
import { seededRandom } from "../core/rng.ts";
import { likeliest, softmax } from "./likeliest.ts";

test("the likeliest are those that sorting everything puts first, ties by index", () => {
  const random = seededRandom(1);
  for (const count of [0, 1, 3, 50, 200]) {
    const values = Float64Array.from({ length: 120 }, () => Math.floor(random() * 20));
    const sorted = Array.from(values.keys()).sort((a, b) => (values[b] ?? 0) - (values[a] ?? 0) || a - b);
    expect(likeliest(values, count)).toEqual(sorted.slice(0, count));
  }
});

test("probabilities add up to one, also where logits are large", () => {
  const [first, second] = softmax(Float64Array.of(1000, 1000 + Math.log(3)));
  expect(first).toBeCloseTo(0.25, 12);
  expect(second).toBeCloseTo(0.75, 12);
});
