/** @file One update: learn from the drawn rounds, and keep what was learned only if it is better on rounds that it did not learn from. */
import { invariant, present } from "../core/invariant.ts";
import { type MeanInterval, studentQuantile, tInterval } from "../core/student-t.ts";
import type { Head } from "./head.ts";
import { type Climb, learn } from "./learn.ts";
import { type LearningRow, type ObjectiveSettings, policyOver, rowValue } from "./objective.ts";

/** A drawn round before any reward model has looked at it. */
export type UpdateRow<Features> = Omit<LearningRow<Features>, "fitted">;

/**
 * A reward model from the rows that `isUsed` keeps (and from whatever else the caller has that nobody drew): ghat over the slate of any row. A constant
 * is CPO with a baseline, a model is DR-CPO.
 */
export type FitRewards = (isUsed: (row: number) => boolean) => (row: number) => ArrayLike<number>;

/** ghat = the mean reward of the rows used, 0 for none. */
export function constantRewards(rows: readonly UpdateRow<unknown>[]): FitRewards {
  return (isUsed) => {
    const used = rows.filter((_, i) => isUsed(i));
    const mean = used.reduce((sum, { reward }) => sum + reward, 0) / Math.max(1, used.length);
    return (i) => new Float64Array(present(rows[i], "a row").baseScores.length).fill(mean);
  };
}

export interface UpdateSettings {
  readonly objective: ObjectiveSettings;
  readonly climb: Climb;
  /** Least effective number of held-out rounds, (sum w)^2 / sum w^2, below which nothing is decided. */
  readonly leastEffectiveSize: number;
  /** Of the improvement's interval, in (0, 1): 0.95, or `confidenceOfLook` where the same log is asked again and again. */
  readonly confidence?: number;
}

/** Share of worse policies that all looks at one log together may let in. */
export const FALSE_ACCEPTANCE = 0.05;

/**
 * What the `look`-th verdict on one log has to be sure of, from 1 up: 1 - 0.05 * 6 / (pi^2 look^2). The levels sum to 0.05 over all looks, so that by the
 * union bound they accept a worse policy in at most 5 % of logs, whenever one stops looking. The lower end of a two-sided interval errs half as often.
 */
export function confidenceOfLook(look: number): number {
  invariant(Number.isInteger(look) && look >= 1, `looks count from 1, got ${look}`);
  return 1 - (FALSE_ACCEPTANCE * 6) / (Math.PI * look) ** 2;
}

export interface UpdateFigures {
  readonly rows: number;
  /** Of the new policy's weights on rounds that it did not learn from. */
  readonly effectiveSize: number;
  /** DR values on held-out rounds. */
  readonly currentValue: number;
  readonly proposedValue: number;
  /** Paired, proposed - current. */
  readonly improvement: MeanInterval;
  /** Of its interval. */
  readonly confidence: number;
}

export type Update =
  /** The lower bound of the improvement is above 0. `theta` is learned from all rows. */
  | { readonly kind: "accepted"; readonly theta: Float64Array; readonly figures: UpdateFigures }
  /** It may be better; that cannot be told from chance. */
  | { readonly kind: "not-better"; readonly theta: Float64Array; readonly figures: UpdateFigures }
  | { readonly kind: "not-enough-data"; readonly rows: number; readonly effectiveSize: number };

/**
 * Rows of even and of odd number are the two halves. What one half teaches is valued on the other, both ways, by DR with unclipped
 * weights: z(proposed) - z(current) per row. Neither theta nor ghat behind a row's value has seen the row's half; what one half says depends on the
 * other all the same, and the interval allows for it. `current` is the theta in force.
 */
export function proposeUpdate<Features>(
  rows: readonly UpdateRow<Features>[],
  head: Head<Features>,
  current: Float64Array,
  fitRewards: FitRewards,
  { objective, climb, leastEffectiveSize, confidence = 0.95 }: UpdateSettings,
): Update {
  invariant(current.length === head.size, `theta has ${head.size} numbers, got ${current.length}`);
  // Every half needs a half of its own for ghat, with something in it.
  if (rows.length < 8) return { kind: "not-enough-data", rows: rows.length, effectiveSize: 0 };
  const { temperature } = objective;
  const inForce = new Float64Array(rows.length);
  const proposed = new Float64Array(rows.length);
  const weights = new Float64Array(rows.length);
  for (const half of [0, 1]) {
    const isLearned = (i: number) => i % 2 === half;
    const theta = learn(crossFitted(rows, isLearned, fitRewards), head, objective, climb);
    const ghat = fitRewards(isLearned);
    for (const [i, row] of rows.entries()) {
      if (isLearned(i)) continue;
      const fitted = { ...row, fitted: ghat(i) };
      const pi = policyOver(row, head, theta, temperature);
      proposed[i] = rowValue(fitted, pi, Number.POSITIVE_INFINITY);
      inForce[i] = rowValue(fitted, policyOver(row, head, current, temperature), Number.POSITIVE_INFINITY);
      weights[i] = (pi[row.action] as number) / (row.propensities[row.action] as number);
    }
  }
  const total = weights.reduce((sum, w) => sum + w, 0);
  const squares = weights.reduce((sum, w) => sum + w * w, 0);
  const effectiveSize = squares === 0 ? 0 : (total * total) / squares;
  if (effectiveSize < leastEffectiveSize)
    return { kind: "not-enough-data", rows: rows.length, effectiveSize };
  const improvement = intervalOfHalves(
    proposed.map((z, i) => z - (inForce[i] as number)),
    confidence,
  );
  const figures = {
    rows: rows.length,
    effectiveSize,
    currentValue: tInterval(inForce).value,
    proposedValue: tInterval(proposed).value,
    improvement,
    confidence,
  };
  const theta = learn(
    crossFitted(rows, () => true, fitRewards),
    head,
    objective,
    climb,
  );
  return { kind: improvement.low > 0 ? "accepted" : "not-better", theta, figures };
}

/**
 * The mean over rows of two interleaved halves, and an interval that holds however their means hang together: its standard error is the mean of
 * theirs. They do hang together: as long as theta moves little, what each half teaches is worth the same product of both halves' gradients on the
 * other, so that the two means are one number twice, and the error of independent rows would be too small by the root of two.
 */
function intervalOfHalves(values: Float64Array, confidence: number): MeanInterval {
  const halves = [0, 1].map((half) => values.filter((_, i) => i % 2 === half));
  const fewest = Math.min(...halves.map(({ length }) => length));
  let value = 0;
  let standardError = 0;
  for (const half of halves) {
    const share = half.length / values.length;
    const interval = tInterval(half);
    value += share * interval.value;
    standardError += share * interval.standardError;
  }
  const reach = studentQuantile((1 + confidence) / 2, fewest - 1) * standardError;
  return { value, standardError, low: value - reach, high: value + reach };
}

/** The rows that `isLearned` keeps, each with a ghat from every second of the others among them. */
function crossFitted<Features>(
  rows: readonly UpdateRow<Features>[],
  isLearned: (row: number) => boolean,
  fitRewards: FitRewards,
): LearningRow<Features>[] {
  const learned = [...rows.keys()].filter(isLearned);
  const parity = new Map(learned.map((row, place) => [row, place % 2]));
  const models = [1, 0].map((others) => fitRewards((row) => parity.get(row) === others));
  return learned.map((row, place) => ({
    ...present(rows[row], "a row"),
    fitted: present(models[place % 2], "a model")(row),
  }));
}
