import { describe, expect, test } from "vitest";
import { seededRandom } from "../core/rng.ts";
import {
  bilinearHead,
  gateJacobian,
  gateOffsetHead,
  type Head,
  linearHead,
  type PairFeatures,
} from "./head.ts";
import { DEFAULT_CLIMB, learn } from "./learn.ts";
import {
  DEFAULT_OBJECTIVE,
  type LearningRow,
  objectiveForLog,
  objectiveOf,
  policyOver,
  rowValue,
} from "./objective.ts";

const random = seededRandom(3);
const normal = () => random() + random() + random() - 1.5;
const vector = (length: number) => Float64Array.from({ length }, normal);

function rowsOf<Features>(features: (places: number) => Features, n = 12): LearningRow<Features>[] {
  return Array.from({ length: n }, (_, i) => {
    const places = 3 + (i % 4);
    const weights = Array.from({ length: places }, () => 0.05 + random());
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    return {
      baseScores: vector(places),
      features: features(places),
      action: i % places,
      reward: i % 3 === 0 ? 1 : 0,
      propensities: weights.map((weight) => weight / total),
      fitted: Array.from({ length: places }, random),
    };
  });
}

const ITEM = 3;
const heads: readonly (readonly [string, () => { worst: number; moved: number }])[] = [
  [
    "linear",
    () =>
      gradientError(
        linearHead(ITEM),
        rowsOf((places) => vector(places * ITEM)),
      ),
  ],
  [
    "gate offset",
    () =>
      gradientError(
        gateOffsetHead(4),
        rowsOf((places) => vector(places * 4)),
      ),
  ],
  [
    "bilinear",
    () =>
      gradientError(
        bilinearHead({ historyWidth: 5, itemWidth: ITEM, rank: 2 }, random),
        rowsOf((places): PairFeatures => ({ history: vector(5), items: vector(places * ITEM) })),
      ),
  ],
];

/** Against central differences, at a point away from the start; the largest error relative to the largest slope. */
function gradientError<Features>(head: Head<Features>, rows: readonly LearningRow<Features>[]) {
  const settings = { temperature: 0.7, clip: 2.5, divergence: 0.3, decay: 0.05 };
  const theta = head.start().map((each) => each + 0.3 * normal());
  const gradient = new Float64Array(head.size);
  objectiveOf(rows, head, settings)(theta, gradient);
  const scratch = new Float64Array(head.size);
  const step = 1e-6;
  let worst = 0;
  for (let k = 0; k < head.size; k++) {
    const at = (shift: number) => {
      const moved = theta.slice();
      moved[k] = (moved[k] ?? 0) + shift;
      return objectiveOf(rows, head, settings)(moved, scratch);
    };
    worst = Math.max(worst, Math.abs((at(step) - at(-step)) / (2 * step) - (gradient[k] ?? 0)));
  }
  return { worst, moved: Math.max(...gradient.map(Math.abs)) };
}

describe("the objective", () => {
  test.for(heads)("has the gradient of the %s head that finite differences have", ([, measure]) => {
    const { worst, moved } = measure();
    expect(moved).toBeGreaterThan(1e-2);
    expect(worst).toBeLessThan(1e-7);
  });

  test("is the mean value, less divergence and decay", () => {
    const head = linearHead(2);
    const rows = rowsOf((places) => vector(places * 2));
    const theta = Float64Array.from([0.4, -0.8]);
    const { temperature, clip, divergence, decay } = DEFAULT_OBJECTIVE;
    let expected = -decay * (0.4 ** 2 + 0.8 ** 2);
    for (const row of rows) {
      const pi = policyOver(row, head, theta, temperature);
      const before = policyOver(row, head, new Float64Array(2), temperature);
      expect(pi.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 12);
      const kl = pi.reduce((sum, p, a) => sum + p * Math.log(p / (before[a] ?? 0)), 0);
      expected += (rowValue(row, pi, clip) - divergence * kl) / rows.length;
    }
    const value = objectiveOf(rows, head, DEFAULT_OBJECTIVE)(theta, new Float64Array(2));
    expect(value).toBeCloseTo(expected, 12);
  });

  test("takes a row of several rounds for as many rows", () => {
    const head = linearHead(1);
    const [first, second, ...others] = rowsOf((places) => vector(places), 8);
    const alike = [1, 0, 0].map((reward) => ({ ...first!, reward }));
    const theta = Float64Array.from([0.7]);
    const one = new Float64Array(1);
    const each = new Float64Array(1);
    const pooled = [{ ...first!, reward: 1 / 3, count: 3 }, second!, ...others];
    expect(objectiveOf(pooled, head, DEFAULT_OBJECTIVE)(theta, one)).toBeCloseTo(
      objectiveOf([...alike, second!, ...others], head, DEFAULT_OBJECTIVE)(theta, each),
      12,
    );
    expect(one[0]).toBeCloseTo(each[0] ?? 9, 12);
  });

  test("with a constant ghat does not care for what is not drawn: a baseline", () => {
    const [row] = rowsOf((places) => vector(places));
    const pi = [0.2, 0.3, 0.5];
    const flat = { ...row!, fitted: [0.4, 0.4, 0.4] };
    const weight = pi[flat.action]! / flat.propensities[flat.action]!;
    expect(rowValue(flat, pi, 100)).toBeCloseTo(0.4 + weight * (flat.reward - 0.4), 12);
  });
});

describe("learning", () => {
  test("finds the feature that pays, and repeats itself", () => {
    // The first feature marks the place that is always liked; the second is noise.
    const rows = Array.from({ length: 200 }, (_, i): LearningRow<Float64Array> => {
      const features = vector(10).map((each, at) => (at % 2 === 0 ? (at === 4 ? 1 : 0) : each));
      const action = i % 5;
      return {
        baseScores: new Float64Array(5),
        features,
        action,
        reward: action === 2 ? 1 : 0,
        propensities: Array(5).fill(0.2),
        fitted: Array(5).fill(0.2),
      };
    });
    const theta = learn(rows, linearHead(2), DEFAULT_OBJECTIVE, DEFAULT_CLIMB);
    expect(theta[0]).toBeGreaterThan(3);
    expect(Math.abs(theta[1] ?? 9)).toBeLessThan(0.5);
    expect(learn(rows, linearHead(2), DEFAULT_OBJECTIVE, DEFAULT_CLIMB)).toEqual(theta);
  });

  test("a bilinear head starts without a shift and moves", () => {
    const head = bilinearHead({ historyWidth: 4, itemWidth: 3, rank: 2 }, seededRandom(1));
    const rows = rowsOf((places): PairFeatures => ({ history: vector(4), items: vector(places * 3) }), 40);
    const shifts = new Float64Array(rows[0]!.baseScores.length);
    head.shift(head.start(), rows[0]!.features, shifts);
    expect([...shifts]).toEqual(Array(shifts.length).fill(0));
    const theta = learn(rows, head, DEFAULT_OBJECTIVE, { steps: 20, rate: 0.05 });
    const scratch = new Float64Array(head.size);
    const climbed = objectiveOf(rows, head, DEFAULT_OBJECTIVE);
    expect(climbed(theta, scratch)).toBeGreaterThan(climbed(head.start(), scratch));
  });

  test("a gate offset stays within length 1", () => {
    const rows = rowsOf((places) => vector(places * 4).map((each) => 0.1 * each), 40);
    const offset = learn(
      rows,
      gateOffsetHead(4),
      { ...DEFAULT_OBJECTIVE, divergence: 0, decay: 0 },
      DEFAULT_CLIMB,
    );
    expect(Math.hypot(...offset)).toBeLessThanOrEqual(1 + 1e-12);
    expect(Math.hypot(...offset)).toBeGreaterThan(0.9);
  });

  test("the slopes of a gate are measured by central differences", () => {
    // Scores 3 b_0 - b_1 + 2 b_0 b_0 at two places, the second doubled: the square cancels.
    const score = (b: readonly number[]) => [1, 2].map((k) => k * (3 * b[0]! - b[1]! + 2 * b[0]! ** 2));
    const step = 0.25;
    const jacobian = gateJacobian(
      [score([step, 0]), score([0, step])],
      [score([-step, 0]), score([0, -step])],
      step,
    );
    expect([...jacobian]).toEqual([3, -1, 6, -2]);
  });
});

test.for([
  [0, 130],
  [100, 1.3],
  [650, 0.2],
  [6500, 0.02],
  [100_000, 0.02],
] as const)("a log of %i rounds is held to the trained policy with %f", ([rounds, divergence]) => {
  expect(objectiveForLog(rounds)).toEqual({ ...DEFAULT_OBJECTIVE, divergence });
});
