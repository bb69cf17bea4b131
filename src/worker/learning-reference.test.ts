import { describe, expect, test } from "vitest";
import reference from "../adapt/fixtures/learning-reference.json";
import { linearHead } from "../adapt/head.ts";
import { objectiveOf, policyOver } from "../adapt/objective.ts";
import { doublyRobust, ips, snips } from "../evaluate/off-policy/estimators.ts";

const mean = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / values.length;

describe("what NumPy makes of the same logs", () => {
  test("covers some forty logs, with provenance", () => {
    expect(reference.logs.length).toBeGreaterThanOrEqual(40);
    expect(reference.made_by).toContain("becausal_training.learning_reference");
  });

  test.for(reference.logs)("seed $seed: objective, gradient and values", (log) => {
    const theta = Float64Array.from(log.theta);
    const head = linearHead(theta.length);
    const rounds = log.rounds.map((round) => ({ ...round, features: Float64Array.from(round.features) }));
    const gradient = new Float64Array(theta.length);
    // The bar is 1e-6; both sides are the same doubles but for the order of sums.
    expect(objectiveOf(rounds, head, log.settings)(theta, gradient)).toBeCloseTo(log.objective, 9);
    for (const [k, slope] of gradient.entries()) expect(slope).toBeCloseTo(log.gradient[k]!, 9);
    const target = rounds.map((round) => policyOver(round, head, theta, log.settings.temperature));
    const question = { rounds, target, fitted: rounds.map(({ fitted }) => fitted) };
    expect(mean(ips(question, log.settings).perRound)).toBeCloseTo(log.values.ips, 9);
    expect(mean(snips(question, log.settings).perRound)).toBeCloseTo(log.values.snips, 9);
    expect(mean(doublyRobust(question, log.settings).perRound)).toBeCloseTo(log.values.dr, 9);
  });
});
