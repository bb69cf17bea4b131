import { expect, test } from "vitest";
import { seededRandom } from "../../core/rng.ts";
import { learnInWorld, type Teacher } from "./learn-in-world.ts";
import { simulate, trueValue } from "./mood-world.ts";
import { REFERENCE_WORLD } from "./reference-world.ts";

const LOGS = 40;

function taught(teacher: Teacher) {
  const random = seededRandom(5);
  const runs = Array.from({ length: LOGS }, () => {
    const log = simulate(REFERENCE_WORLD, { rounds: 2000, epsilon: 0.2 }, random);
    const { theta, policy } = learnInWorld(REFERENCE_WORLD, log, teacher);
    return { value: trueValue(REFERENCE_WORLD, policy), taste: theta[0], mood: theta[1] };
  });
  const mean = (pick: (run: (typeof runs)[number]) => number) =>
    runs.reduce((sum, run) => sum + pick(run), 0) / LOGS;
  return { value: mean((run) => run.value), taste: mean((run) => run.taste), mood: mean((run) => run.mood) };
}

test("from drawn rounds one learns the taste, and not the mood", () => {
  for (const teacher of ["cpo", "dr-cpo"] as const) {
    const { value, taste, mood } = taught(teacher);
    expect(value).toBeGreaterThanOrEqual(0.475);
    expect(taste).toBeGreaterThan(1);
    expect(Math.abs(mood)).toBeLessThan(0.25);
  }
});

test("from choices one learns the mood", () => {
  for (const teacher of ["naive", "regression"] as const) {
    const { value, mood } = taught(teacher);
    expect(value).toBeLessThanOrEqual(0.455);
    expect(mood).toBeGreaterThan(1);
  }
});
