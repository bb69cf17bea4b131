import { describe, expect, test } from "vitest";
import { drawSlot, IGNORED_AFTER_MS, isDrawAsLogged, rewardOf } from "./exploration-slot.ts";

const scores = [0.1, 2, -1, 0.5];

describe("the exploration slot", () => {
  test("draws as often as its propensities say", () => {
    const epsilon = 0.4;
    const n = 20_000;
    const draws = Array.from({ length: n }, (_, counter) =>
      drawSlot({ scores, temperature: 0, epsilon, seed: 11, counter }),
    );
    for (const [place, p] of [0.1, 0.7, 0.1, 0.1].entries()) {
      expect(draws[0]?.propensities[place]).toBeCloseTo(p, 12);
      const share = draws.filter((draw) => draw.place === place).length / n;
      expect(Math.abs(share - p)).toBeLessThan(4 * Math.sqrt((p * (1 - p)) / n));
    }
    const randomised = draws.filter(({ isRandomised }) => isRandomised).length / n;
    expect(Math.abs(randomised - epsilon)).toBeLessThan(4 * Math.sqrt((0.4 * 0.6) / n));
  });

  test("draws of neighbouring counters and seeds do not follow each other", () => {
    const randomised = (seed: number, counter: number) =>
      drawSlot({ scores, temperature: 0, epsilon: 0.5, seed, counter }).isRandomised ? 1 : -1;
    const n = 20_000;
    let [counters, seeds] = [0, 0];
    for (let i = 0; i < n; i++) {
      counters += randomised(3, i) * randomised(3, i + 1);
      seeds += randomised(i, 3) * randomised(i + 1, 3);
    }
    expect(Math.abs(counters / n)).toBeLessThan(4 / Math.sqrt(n));
    expect(Math.abs(seeds / n)).toBeLessThan(4 / Math.sqrt(n));
  });

  test("draws from the softened policy where chance does not", () => {
    const n = 20_000;
    const request = { scores, temperature: 0.5, epsilon: 0.4, seed: 2 };
    const draws = Array.from({ length: n }, (_, counter) => drawSlot({ ...request, counter }));
    const weights = scores.map((score) => Math.exp(score / 0.5));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    for (const [place, weight] of weights.entries()) {
      const p = (0.6 * weight) / total + 0.1;
      expect(draws[0]?.propensities[place]).toBeCloseTo(p, 12);
      const share = draws.filter((draw) => draw.place === place).length / n;
      expect(Math.abs(share - p)).toBeLessThan(4 * Math.sqrt((p * (1 - p)) / n));
    }
  });

  test("without epsilon shows the greedy choice", () => {
    for (let counter = 0; counter < 200; counter++) {
      const draw = drawSlot({ scores, temperature: 0, epsilon: 0, seed: 1, counter });
      expect([draw.place, draw.isRandomised, ...draw.propensities]).toEqual([1, false, 0, 1, 0, 0]);
    }
  });

  test("can be audited: a draw is as logged, or it is not", () => {
    for (const [temperature, epsilon] of [
      [0, 0.3],
      [1, 0.3],
      [1, 1],
      [1, 0],
    ] as const)
      for (let counter = 0; counter < 100; counter++) {
        const draw = drawSlot({ scores, temperature, epsilon, seed: 5, counter });
        const logged = { ...draw, epsilon, seed: 5, counter };
        expect(isDrawAsLogged(logged)).toBe(true);
        expect(isDrawAsLogged({ ...logged, place: (draw.place + 1) % 4 })).toBe(false);
        expect(isDrawAsLogged({ ...logged, isRandomised: !draw.isRandomised })).toBe(false);
        expect(isDrawAsLogged({ ...logged, propensities: [0.5, 0.5, 0.5, 0.5] })).toBe(false);
      }
  });
});

test("a reward is 1, 0 or not known yet", () => {
  expect(rewardOf({ kind: "liked" })).toBe(1);
  expect(rewardOf({ kind: "dismissed" })).toBe(0);
  expect(rewardOf({ kind: "ignored", visibleMs: IGNORED_AFTER_MS })).toBe(0);
  expect(rewardOf({ kind: "ignored", visibleMs: IGNORED_AFTER_MS - 1 })).toBeNull();
});
