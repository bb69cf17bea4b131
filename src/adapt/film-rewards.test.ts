import { describe, expect, test } from "vitest";
import { seededRandom } from "../core/rng.ts";
import { ridgeRewards } from "./film-rewards.ts";
import type { UpdateRow } from "./update.ts";

const row = (
  features: readonly number[],
  action: number,
  reward: number,
  baseScores: readonly number[] = features.map(() => 0),
): UpdateRow<Float64Array> => ({
  baseScores,
  features: Float64Array.from(features),
  action,
  reward,
  propensities: features.map(() => 1 / features.length),
});

describe("the reward of a film by its features", () => {
  test("is what the ridge gives by hand", () => {
    // One feature, drawn at -1, -1, 1, 1, 3 and 3 more, with rewards 0, 0, 0, 1, 1, 1: mean z = 1, mean y = 1/2, sum zz = 16, sum zy = 4, b = 4 / (16 + 10).
    const rows = [row([-1, 5], 0, 0), row([-1, 0], 0, 0), row([1, 0], 0, 0), row([0, 1], 1, 1)];
    rows.push(row([3, 0], 0, 1), row([9, 3], 1, 1));
    const ghat = ridgeRewards(rows, 1)(() => true);
    const expected = (z: number) => 0.5 + ((z - 1) * 4) / 26;
    expect(ghat(0)[0]).toBeCloseTo(expected(-1), 12);
    expect(ghat(2)[1]).toBeCloseTo(expected(0), 12);
    expect(ghat(4)[0]).toBeCloseTo(expected(3), 12);
    // 1.115 and 1.73 are no rewards.
    expect(ghat(0)[1]).toBe(1);
    expect(ghat(5)[0]).toBe(1);
  });

  test("reads the base score, whatever its zero is", () => {
    const rows = [0, 1, 2, 3, 4, 5].map((i) => {
      const scores = [i, -i, 0].map((score) => score + 100 * i);
      return row([0, 0, 0], i % 2, i % 2 === 0 ? 1 : 0, scores);
    });
    const ghat = ridgeRewards(rows, 1)(() => true);
    // z = 0, -1, 2, -3, 4, -5 with y = 1, 0, 1, 0, 1, 0: mean z = -1/2, sum zz = 55 - 6 / 4, sum zy = 6 + 3 / 2.
    const b = 7.5 / (53.5 + 10);
    expect(ghat(1)[0]).toBeCloseTo(0.5 + 1.5 * b, 12);
    expect(ghat(1)[2]).toBeCloseTo(0.5 + 0.5 * b, 12);
  });

  test("knows the rows used and no other, and without any says 0", () => {
    const rows = [row([0, 1], 0, 1), row([0, 1], 1, 0), row([1, 0], 1, 1)];
    expect(Array.from(ridgeRewards(rows, 1)(() => false)(0))).toEqual([0, 0]);
    const first = ridgeRewards(rows, 1)((i) => i < 2);
    const changed = ridgeRewards([...rows.slice(0, 2), row([1, 0], 0, 0)], 1)((i) => i < 2);
    expect(Array.from(changed(0))).toEqual(Array.from(first(0)));
  });

  test("finds which feature pays among many, and stays a reward", () => {
    const random = seededRandom(5);
    const width = 46;
    const rows = Array.from({ length: 500 }, () => {
      const features = Array.from({ length: 20 * width }, () => (random() < 0.2 ? 1 : 0));
      const action = Math.floor(random() * 20);
      const reward = random() < (features[action * width + 7] === 1 ? 0.8 : 0.2) ? 1 : 0;
      return { ...row(features, action, reward), baseScores: new Float64Array(20) };
    });
    const ghat = ridgeRewards(rows, width)((i) => i % 2 === 0);
    const said = { with: [] as number[], without: [] as number[] };
    for (const [i, { features }] of rows.entries())
      for (const [a, value] of Array.from(ghat(i)).entries())
        (features[a * width + 7] === 1 ? said.with : said.without).push(value);
    const mean = (values: readonly number[]) => values.reduce((sum, each) => sum + each, 0) / values.length;
    expect(Math.abs(mean(said.with) - 0.8)).toBeLessThan(0.2);
    expect(Math.abs(mean(said.without) - 0.2)).toBeLessThan(0.1);
    expect([...said.with, ...said.without].every((value) => value >= 0 && value <= 1)).toBe(true);
  });
});
