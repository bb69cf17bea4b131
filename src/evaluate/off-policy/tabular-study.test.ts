import { describe, expect, test } from "vitest";
import {
  type MoodWorld,
  moodPolicy,
  simulate,
  tastePolicy,
  trueValue,
  type WorldPolicy,
} from "../../adapt/lab/mood-world.ts";
import { MOVIE_WORLD } from "../../adapt/lab/movie-world.ts";
import { REFERENCE_WORLD } from "../../adapt/lab/reference-world.ts";
import { fitWorldRewards } from "../../adapt/lab/world-rewards.ts";
import { seededRandom } from "../../core/rng.ts";
import { studyEstimates } from "./tabular-study.ts";

function knownPolicies(world: MoodWorld) {
  const known = (name: string, policy: WorldPolicy) => ({ name, policy, truth: trueValue(world, policy) });
  return [known("taste", tastePolicy(world)), known("mood", moodPolicy(world))] as const;
}

test("the reference world has the truths that it is known for", () => {
  const [taste, mood] = knownPolicies(REFERENCE_WORLD);
  const uniform = REFERENCE_WORLD.base.map(() => Array(8).fill(1 / 8));
  expect(taste.truth).toBeCloseTo(0.4945, 4);
  expect(mood.truth).toBeCloseTo(0.3854, 4);
  expect(trueValue(REFERENCE_WORLD, uniform)).toBeCloseTo(0.3854, 4);
});

describe.for([
  { name: "reference", world: REFERENCE_WORLD, rounds: 2000, logs: 60 },
  { name: "movie", world: MOVIE_WORLD, rounds: 8000, logs: 12 },
])("the $name world", ({ world, rounds, logs }) => {
  test("deceives who learns from choices, and not who learns from draws", () => {
    const random = seededRandom(1);
    const study = studyEstimates(
      () => simulate(world, { rounds, epsilon: 0.2 }, random),
      knownPolicies(world),
      (log, isUsed) => fitWorldRewards(world, log, isUsed),
      logs,
    );
    const [ofTaste, ofMood] = study.figures;
    for (const { road, bias, spread, coverage } of [...(ofTaste ?? []), ...(ofMood ?? [])]) {
      if (road === "regression" || road === "naive") continue;
      // The bar of the benchmark's many logs and three standard errors of these few.
      expect(Math.abs(bias), road).toBeLessThanOrEqual(0.01 + (3 * spread) / Math.sqrt(logs));
      expect(coverage, road).toBeGreaterThanOrEqual(0.75);
      expect(study.rankedRight[road], road).toBeGreaterThanOrEqual(road === "cpo" ? 0.75 : 0.9);
    }
    for (const road of ["regression", "naive"] as const) {
      expect(ofMood?.find((figures) => figures.road === road)?.bias, road).toBeGreaterThan(0.15);
      expect(study.rankedRight[road]).toBe(0);
    }
  });
});
