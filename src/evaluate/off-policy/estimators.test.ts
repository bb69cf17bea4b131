import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { controlVariateDr } from "./control-variates.ts";
import { directMethod, doublyRobust, drOs, ips, snips, switchDr } from "./estimators.ts";
import obp from "./fixtures/obp-estimates.json";
import { randomLog } from "./fixtures/random-log.ts";
import { bootstrapBand, empiricalBernstein } from "./intervals.ts";
import { describeOverlap } from "./overlap.ts";
import type { DrawnRound, FittedQuestion } from "./question.ts";
import { DEFAULT_SETTINGS, reportPolicyValue } from "./report.ts";

const asDrawn = { clip: Number.POSITIVE_INFINITY };
const mean = (values: ArrayLike<number>) =>
  Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;

/** `copies` rounds of every place and outcome in proportion to their probability: expectations without chance. */
function expectedLog(propensities: number[], pi: number[], g: number[], ghat: number[]): FittedQuestion {
  const rounds: DrawnRound[] = propensities.flatMap((p, action) =>
    Array.from({ length: Math.round(p * 100) }, (_, i) => ({
      action,
      reward: i < Math.round(p * 100) * (g[action] ?? 0) ? 1 : 0,
      propensities,
    })),
  );
  return { rounds, target: rounds.map(() => pi), fitted: rounds.map(() => ghat) };
}

describe("the Open Bandit Pipeline's estimates", () => {
  test("cover at least 200 logs, with provenance", () => {
    expect(obp.logs.length).toBeGreaterThanOrEqual(200);
    expect(obp.package).toMatch(/^obp==/);
  });

  test("are ours", () => {
    let worst = 0;
    for (const { seed, ...theirs } of obp.logs) {
      const log = randomLog(seed);
      const ours = {
        ips: ips(log, asDrawn),
        snips: snips(log, asDrawn),
        dm: directMethod(log),
        dr: doublyRobust(log, asDrawn),
        switchDr: switchDr(log, { tau: obp.tau }),
        drOs: drOs(log, { lambda: obp.lambda }),
      };
      for (const [name, { perRound }] of Object.entries(ours))
        worst = Math.max(worst, Math.abs(mean(perRound) - theirs[name as keyof typeof ours]));
    }
    expect(worst).toBeLessThanOrEqual(1e-6);
  });
});

describe("estimators", () => {
  test("of the logging policy itself all give the mean reward, but for the model's", () => {
    const log = randomLog(4);
    const same = { ...log, target: log.rounds.map(({ propensities }) => propensities) };
    const reward = mean(log.rounds.map((round) => round.reward));
    expect(mean(ips(same, asDrawn).perRound)).toBeCloseTo(reward, 12);
    expect(mean(snips(same, asDrawn).perRound)).toBeCloseTo(reward, 12);
    // With all weights 1 the constant has no spread and the model's term has.
    expect(mean(controlVariateDr(same, { folds: 5 }).perRound)).toBeCloseTo(reward, 1);
    expect(mean(directMethod(same).perRound)).not.toBeCloseTo(reward, 3);
  });

  test("are right in expectation with the right propensities, whatever the model says", () => {
    const g = [0.5, 0.2, 0.8];
    const pi = [0.1, 0.1, 0.8];
    const log = expectedLog(
      [0.5, 0.25, 0.25].map((p) => p),
      pi,
      [0.5, 0.2, 0.8],
      [0.9, 0.9, 0.1],
    );
    const value = pi.reduce((sum, p, a) => sum + p * (g[a] ?? 0), 0);
    expect(mean(ips(log, asDrawn).perRound)).toBeCloseTo(value, 10);
    expect(mean(doublyRobust(log, asDrawn).perRound)).toBeCloseTo(value, 10);
    expect(mean(snips(log, asDrawn).perRound)).toBeCloseTo(value, 10);
    expect(mean(directMethod(log).perRound)).toBeCloseTo(0.26, 10);
  });

  test("DR with the right model is right with wrong propensities, and IPS is not", () => {
    const g = [0.5, 0.2, 0.8];
    const right = expectedLog([0.5, 0.25, 0.25], [0.1, 0.1, 0.8], g, g);
    const wrong = {
      ...right,
      rounds: right.rounds.map((round) => ({ ...round, propensities: [1 / 3, 1 / 3, 1 / 3] })),
    };
    expect(mean(doublyRobust(wrong, asDrawn).perRound)).toBeCloseTo(0.71, 10);
    expect(Math.abs(mean(ips(wrong, asDrawn).perRound) - 0.71)).toBeGreaterThan(0.05);
  });

  test("switch and shrink between the model and DR", () => {
    const log = randomLog(9);
    const dm = mean(directMethod(log).perRound);
    const dr = mean(doublyRobust(log, asDrawn).perRound);
    expect(mean(switchDr(log, { tau: 0 }).perRound)).toBeCloseTo(dm, 12);
    expect(mean(switchDr(log, { tau: Number.POSITIVE_INFINITY }).perRound)).toBeCloseTo(dr, 12);
    expect(mean(drOs(log, { lambda: 0 }).perRound)).toBeCloseTo(dm, 12);
    expect(mean(drOs(log, { lambda: 1e12 }).perRound)).toBeCloseTo(dr, 8);
    expect(mean(drOs(log, { lambda: Number.POSITIVE_INFINITY }).perRound)).toBeCloseTo(dr, 12);
  });

  test("clipping lowers the value of IPS by what it says", () => {
    const log = expectedLog([0.4, 0.2, 0.4], [0.1, 0.1, 0.8], [0.5, 0.2, 0.75], [0.5, 0.5, 0.5]);
    const clip = 1.5;
    const lost = mean(ips(log, asDrawn).perRound) - mean(ips(log, { clip }).perRound);
    expect(lost).toBeGreaterThan(0);
    const report = reportPolicyValue(log, null, { ...DEFAULT_SETTINGS, clip, resamples: 50 });
    if (report.kind !== "estimated") throw new Error(`effective size ${report.overlap.effectiveSize}`);
    const row = report.estimates.find(({ name }) => name === "IPS");
    expect(row?.notes).toEqual([
      { kind: "clipped", share: report.overlap.clippedShare, bias: expect.closeTo(-lost, 12) },
    ]);
  });

  test("stay within the bounds that they give", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e6 }), (seed) => {
        const log = randomLog(seed);
        for (const each of [
          ips(log, { clip: 3 }),
          snips(log, asDrawn),
          directMethod(log),
          doublyRobust(log, { clip: 3 }),
          switchDr(log, { tau: 2 }),
          drOs(log, { lambda: 3 }),
          controlVariateDr(log, { folds: 5 }),
        ]) {
          expect(Math.min(...each.perRound)).toBeGreaterThanOrEqual(each.least - 1e-9);
          expect(Math.max(...each.perRound)).toBeLessThanOrEqual(each.most + 1e-9);
        }
      }),
      { numRuns: 50 },
    );
  });

  test("control variates find a baseline and a model that help", () => {
    const log = expectedLog([0.5, 0.25, 0.25], [0.1, 0.1, 0.8], [0.5, 0.2, 0.8], [0.5, 0.2, 0.8]);
    const spread = ({ perRound }: { perRound: Float64Array }) => {
      const middle = mean(perRound);
      return mean(perRound.map((z) => (z - middle) ** 2));
    };
    const cv = controlVariateDr(log, { folds: 5 });
    expect(spread(cv)).toBeLessThan(0.5 * spread(ips(log, asDrawn)));
    expect(spread(cv)).toBeLessThan(1.05 * spread(doublyRobust(log, asDrawn)));
    // A constant model is a constant baseline and no more: the least squares must not blow up.
    const constant = { ...log, fitted: log.rounds.map(() => [0.4, 0.4, 0.4]) };
    expect(spread(controlVariateDr(constant, { folds: 5 }))).toBeLessThan(spread(ips(log, asDrawn)));
  });

  test("refuse what cannot be a round", () => {
    const log = expectedLog([0.5, 0.5], [0.5, 0.5], [0.5, 0.5], [0.5, 0.5]);
    const [first] = log.rounds;
    const withRound = (round: object) => ({
      ...log,
      rounds: [{ ...first!, ...round }, ...log.rounds.slice(1)],
    });
    expect(() => ips(withRound({ propensities: [0, 1] }), asDrawn)).toThrow(/propensity of 0/);
    expect(() => ips(withRound({ propensities: [1] }), asDrawn)).toThrow(/one slate/);
    expect(() => ips(withRound({ reward: 5 }), asDrawn)).toThrow(/rewards are in/);
    expect(() => ips({ ...log, target: [] }, asDrawn)).toThrow(/0 target policies/);
  });
});

describe("intervals", () => {
  test("empirical Bernstein is as its formula, and holds Student's", () => {
    const perRound = Float64Array.from({ length: 100 }, (_, i) => i % 2);
    const { low, high } = empiricalBernstein({ perRound, least: 0, most: 1 });
    const log = Math.log(80);
    const reach = Math.sqrt((2 * (25 / 99) * log) / 100) + (7 * log) / (3 * 99);
    expect([low, high]).toEqual([expect.closeTo(0.5 - reach, 12), expect.closeTo(0.5 + reach, 12)]);
  });

  test("users are resampled whole", () => {
    // Ten users whose rounds are all alike: as uncertain as ten rounds, not as a thousand.
    const perRound = Float64Array.from({ length: 1000 }, (_, i) => (i % 10 < 5 ? 0 : 1));
    const contributions = { perRound, least: 0, most: 1 };
    const draws = { resamples: 400, seed: 1 };
    const users = Array.from(perRound, (_, i) => `${i % 10}`);
    const width = ({ low, high }: { low: number; high: number }) => high - low;
    expect(width(bootstrapBand(contributions, users, draws))).toBeGreaterThan(
      5 * width(bootstrapBand(contributions, null, draws)),
    );
  });
});

describe("overlap", () => {
  test("counts what the log can say", () => {
    const rounds = [0, 0, 1, 1].map((action) => ({ action, reward: 1, propensities: [0.5, 0.5, 0] }));
    const question = { rounds, target: rounds.map(() => [0.8, 0.1, 0.1]) };
    expect(describeOverlap(question, 1)).toEqual({
      n: 4,
      effectiveSize: expect.closeTo(3.6 ** 2 / (2 * 1.6 ** 2 + 2 * 0.2 ** 2), 12),
      meanWeight: expect.closeTo(0.9, 12),
      largestWeight: 1.6,
      largestPossibleWeight: 1.6,
      clippedShare: 0.5,
      uncoveredMass: expect.closeTo(0.1, 12),
    });
  });

  test("below an effective size of 50 there is no value", () => {
    const log = (n: number) => {
      const rounds = Array.from({ length: n }, (_, i) => ({
        action: i % 2,
        reward: 1,
        propensities: [0.5, 0.5],
      }));
      return {
        rounds,
        target: rounds.map(() => [0.5, 0.5]),
        fitted: rounds.map(() => [0.5, 0.5]),
      };
    };
    const settings = { ...DEFAULT_SETTINGS, resamples: 50 };
    expect(reportPolicyValue(log(49), null, settings)).toMatchObject({
      kind: "not-enough-data",
      overlap: { effectiveSize: 49 },
      leastEffectiveSize: 50,
    });
    const report = reportPolicyValue(log(50), null, settings);
    expect(report).toMatchObject({ kind: "estimated" });
    if (report.kind === "estimated")
      expect(report.estimates.map(({ interval }) => interval.kind)).toEqual(
        Array(7).fill("empirical-bernstein"),
      );
    expect(reportPolicyValue({ rounds: [], target: [], fitted: [] }, null, settings).kind).toBe(
      "not-enough-data",
    );
  });
});
