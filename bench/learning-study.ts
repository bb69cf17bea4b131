// What learning on the device is held to: estimators and learners in worlds whose truth is known, and the time of one update.

import { ridgeRewards } from "../src/adapt/film-rewards.ts";
import { linearHead } from "../src/adapt/head.ts";
import { runAcceptance, runLooks } from "../src/adapt/lab/acceptance-world.ts";
import { learnInWorld, TEACHERS } from "../src/adapt/lab/learn-in-world.ts";
import { type MoodWorld, moodPolicy, simulate, tastePolicy, trueValue } from "../src/adapt/lab/mood-world.ts";
import { MOVIE_WORLD } from "../src/adapt/lab/movie-world.ts";
import { REFERENCE_WORLD } from "../src/adapt/lab/reference-world.ts";
import { fitWorldRewards } from "../src/adapt/lab/world-rewards.ts";
import { DEFAULT_CLIMB } from "../src/adapt/learn.ts";
import { DEFAULT_OBJECTIVE } from "../src/adapt/objective.ts";
import { constantRewards, proposeUpdate } from "../src/adapt/update.ts";
import { seededRandom } from "../src/core/rng.ts";
import { studyEstimates } from "../src/evaluate/off-policy/tabular-study.ts";

const WORLDS: Record<string, MoodWorld> = { reference: REFERENCE_WORLD, movies: MOVIE_WORLD };

const EPSILON = 0.2;

/** Estimates of the taste policy and of the mood policy over `repetitions` logs of `rounds`. */
export function estimates(name: string, rounds: number, repetitions: number, seed: number) {
  const world = worldOf(name);
  const random = seededRandom(seed);
  const known = (policyName: string, policy: readonly (readonly number[])[]) => ({
    name: policyName,
    policy,
    truth: trueValue(world, policy),
  });
  const policies = [known("taste", tastePolicy(world)), known("mood", moodPolicy(world))] as const;
  const study = studyEstimates(
    () => simulate(world, { rounds, epsilon: EPSILON }, random),
    policies,
    (log, isUsed) => fitWorldRewards(world, log, isUsed),
    repetitions,
  );
  return { ...study, policies: policies.map(({ name: policyName, truth }) => ({ name: policyName, truth })) };
}

/** True value of what each teacher makes of a log, mean and spread, and the mean weights of taste and mood relative to the temperature. */
export function learners(name: string, rounds: number, repetitions: number, seed: number) {
  const world = worldOf(name);
  return TEACHERS.map((teacher) => {
    const random = seededRandom(seed);
    const runs = Array.from({ length: repetitions }, () => {
      const { theta, policy } = learnInWorld(
        world,
        simulate(world, { rounds, epsilon: EPSILON }, random),
        teacher,
      );
      return { theta, value: trueValue(world, policy) };
    });
    const mean = (values: readonly number[]) => values.reduce((sum, each) => sum + each, 0) / values.length;
    const values = runs.map(({ value }) => value);
    return {
      teacher,
      value: mean(values),
      spread: Math.sqrt(mean(values.map((value) => (value - mean(values)) ** 2))),
      taste: mean(runs.map(({ theta }) => theta[0])),
      mood: mean(runs.map(({ theta }) => theta[1])),
    };
  });
}

/** Updates in worlds of their own until `wanted` proposals were truly worse than the policy in force. */
export function falseAcceptance(rounds: number, wanted: number) {
  const counts = { worlds: 0, worse: 0, acceptedWorse: 0, better: 0, acceptedBetter: 0, undecided: 0 };
  while (counts.worse < wanted) {
    counts.worlds++;
    // Every tenth world has something to learn, so that a rule that never accepts is seen.
    const { decision, gain } = runAcceptance(counts.worlds, {
      rounds,
      signal: counts.worlds % 10 === 0 ? 1 : 0,
    });
    if (gain === null) counts.undecided++;
    else if (gain <= 0) {
      counts.worse++;
      if (decision === "accepted") counts.acceptedWorse++;
    } else {
      counts.better++;
      if (decision === "accepted") counts.acceptedBetter++;
    }
  }
  return counts;
}

/**
 * Worlds in which a person looks at a growing log again and again: of those in which a look proposed what was truly worse, how many ever accepted such a proposal,
 * by the rule of looks and as if each look were the only one.
 */
export function repeatedLooks(rounds: number, looks: number, worlds: number) {
  const counts = {
    worlds,
    looks,
    rounds,
    worse: 0,
    acceptedWorse: 0,
    acceptedWorseAlone: 0,
    acceptedBetter: 0,
  };
  for (let seed = 1; seed <= worlds; seed++) {
    // As in `falseAcceptance`, every tenth world has something to learn.
    const all = runLooks(seed, looks, { rounds, signal: seed % 10 === 0 ? 1 : 0 });
    const worse = all.filter(({ gain }) => gain !== null && gain <= 0);
    if (worse.length > 0) counts.worse++;
    if (worse.some(({ isAccepted }) => isAccepted)) counts.acceptedWorse++;
    if (worse.some(({ isAcceptedAlone }) => isAcceptedAlone)) counts.acceptedWorseAlone++;
    if (all.some(({ gain, isAccepted }) => isAccepted && gain !== null && gain > 0)) counts.acceptedBetter++;
  }
  return counts;
}

/** Whole updates (two halves, then all rows) of a linear head, by CPO or with the page's reward model by DR-CPO. Where the machine is shared, `cpuMs` is what they took of it. */
export function updateTimes(
  rows: number,
  places: number,
  width: number,
  runs: number,
  objective: "cpo" | "dr-cpo" = "cpo",
) {
  const random = seededRandom(1);
  const drawn = Array.from({ length: rows }, () => ({
    baseScores: Float64Array.from({ length: places }, random),
    features: Float64Array.from({ length: places * width }, () => random() - 0.5),
    action: Math.floor(random() * places),
    reward: random() < 0.3 ? 1 : 0,
    propensities: new Float64Array(places).fill(1 / places),
  }));
  const head = linearHead(width);
  // An effective size of 0 is asked for, so that no run ends early.
  const settings = { objective: DEFAULT_OBJECTIVE, climb: DEFAULT_CLIMB, leastEffectiveSize: 0 };
  return Array.from({ length: runs }, () => {
    const start = performance.now();
    const before = process.cpuUsage();
    const rewards = objective === "cpo" ? constantRewards(drawn) : ridgeRewards(drawn, width);
    proposeUpdate(drawn, head, head.start(), rewards, settings);
    return { wallMs: performance.now() - start, cpuMs: process.cpuUsage(before).user / 1000 };
  });
}

function worldOf(name: string): MoodWorld {
  const world = WORLDS[name];
  if (world === undefined) throw new Error(`there is no world ${name}`);
  return world;
}
