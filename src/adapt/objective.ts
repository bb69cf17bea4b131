/**
 * @file What learning on the device maximises: the doubly robust value of the policy, held near the policy that was trained. With a constant
 * ghat it is the objective of Causal Preference Optimization (CPO) with a baseline, with a reward model that of DR-CPO (Lin, Ben-Michael
 * and Morency 2024), here with exact probabilities over the slate.
 */
import { invariant } from "../core/invariant.ts";
import type { Head } from "./head.ts";

/** One round that was drawn; arrays are [places] of its slate. */
export interface LearningRow<Features> {
  /** s_0: the scores without anything learned. */
  readonly baseScores: ArrayLike<number>;
  readonly features: Features;
  /** Place that was drawn. */
  readonly action: number;
  readonly reward: number;
  /** p(a | x), what it was drawn with. */
  readonly propensities: ArrayLike<number>;
  /** ghat(x, a), from rewards other than this one. */
  readonly fitted: ArrayLike<number>;
  /** How many rounds alike this is, `reward` being their mean: z is linear in it. One where absent. */
  readonly count?: number;
}

export interface ObjectiveSettings {
  /** T of pi = softmax(s / T). */
  readonly temperature: number;
  /** Largest weight. 0: no correction at all, the regression's own policy. */
  readonly clip: number;
  /** Weight of KL(pi || pi_0), pi_0 the policy at delta = 0. */
  readonly divergence: number;
  /** Weight of |theta|^2. */
  readonly decay: number;
}

export const DEFAULT_OBJECTIVE: ObjectiveSettings = {
  temperature: 1,
  clip: 10,
  divergence: 0.02,
  decay: 1e-3,
};

/** Rounds that the trained policy counts for against a log of a person's own. */
const TRAINED_COUNTS = 130;

/**
 * What a log of `rounds` rounds is learned from by a head of many numbers: the divergence weighs 130 / rounds, at least the default, as if
 * 130 rounds had spoken for the trained policy. A short log then moves it a little, where 0.02 would let 46 directions carry it to
 * where no draw can tell what it is worth (`npm run bench -- learning` has both side by side).
 */
export function objectiveForLog(rounds: number): ObjectiveSettings {
  const { divergence } = DEFAULT_OBJECTIVE;
  return { ...DEFAULT_OBJECTIVE, divergence: Math.max(divergence, TRAINED_COUNTS / Math.max(1, rounds)) };
}

/** Writes softmax(scores / temperature), and returns ln of its normaliser. */
function slateProbabilities(scores: Float64Array, temperature: number, probabilities: Float64Array): number {
  let largest = Number.NEGATIVE_INFINITY;
  for (let a = 0; a < scores.length; a++) largest = Math.max(largest, scores[a] as number);
  let total = 0;
  for (let a = 0; a < scores.length; a++) {
    const weight = Math.exp(((scores[a] as number) - largest) / temperature);
    probabilities[a] = weight;
    total += weight;
  }
  for (let a = 0; a < scores.length; a++) probabilities[a] = (probabilities[a] as number) / total;
  return largest / temperature + Math.log(total);
}

/** pi_theta(a | x) over one slate. */
export function policyOver<Features>(
  row: Pick<LearningRow<Features>, "baseScores" | "features">,
  head: Head<Features>,
  theta: Float64Array,
  temperature: number,
): Float64Array {
  const scores = new Float64Array(row.baseScores.length);
  head.shift(theta, row.features, scores);
  for (let a = 0; a < scores.length; a++) scores[a] = (scores[a] as number) + (row.baseScores[a] as number);
  const probabilities = new Float64Array(scores.length);
  slateProbabilities(scores, temperature, probabilities);
  return probabilities;
}

/** z = sum_a pi ghat + min(pi / p, clip) (y - ghat) of one row under the policy pi (DR, clipped). */
export function rowValue(
  { action, reward, propensities, fitted }: Omit<LearningRow<unknown>, "features" | "baseScores">,
  pi: ArrayLike<number>,
  clip: number,
): number {
  let direct = 0;
  for (let a = 0; a < pi.length; a++) direct += (pi[a] as number) * (fitted[a] as number);
  const weight = Math.min((pi[action] as number) / (propensities[action] as number), clip);
  return direct + weight * (reward - (fitted[action] as number));
}

/** J and its gradient at a theta; the gradient overwrites `gradient` [size]. */
export type Objective = (theta: Float64Array, gradient: Float64Array) => number;

/**
 * J(theta) = (1/n) sum_i [z_i - divergence KL(pi_theta || pi_0)] - decay |theta|^2 over n >= 1 rounds.
 * d z / d s_a = [pi_a (ghat_a - sum pi ghat) + w (y - ghat_i) ([a = i] - pi_a)] / T; a clipped weight has no slope.
 */
export function objectiveOf<Features>(
  rows: readonly LearningRow<Features>[],
  head: Head<Features>,
  { temperature, clip, divergence, decay }: ObjectiveSettings,
): Objective {
  invariant(rows.length > 0, "there is a row to learn from");
  const rounds = rows.reduce((sum, { count = 1 }) => sum + count, 0);
  const spaces = new Map<number, SlateSpace>();
  const prepared = rows.map((row) => {
    const places = row.baseScores.length;
    const space = spaces.get(places) ?? slateSpace(places);
    spaces.set(places, space);
    space.scores.set(row.baseScores);
    return { row, space, baseNormaliser: slateProbabilities(space.scores, temperature, space.pi) };
  });
  return (theta, gradient) => {
    gradient.fill(0);
    let total = 0;
    for (const { row, space, baseNormaliser } of prepared) {
      const { baseScores, features, action, reward, propensities, fitted, count = 1 } = row;
      const { shifts, scores, pi, slopes } = space;
      head.shift(theta, features, shifts);
      const places = shifts.length;
      for (let a = 0; a < places; a++) scores[a] = (baseScores[a] as number) + (shifts[a] as number);
      // ln(pi / pi_0) = delta / T + ln Z_0 - ln Z: no logarithm per place.
      const offset = baseNormaliser - slateProbabilities(scores, temperature, pi);
      let direct = 0;
      let kl = 0;
      for (let a = 0; a < places; a++) {
        const p = pi[a] as number;
        direct += p * (fitted[a] as number);
        kl += p * ((shifts[a] as number) / temperature + offset);
      }
      const weight = (pi[action] as number) / (propensities[action] as number);
      const residual = reward - (fitted[action] as number);
      total += count * (direct + Math.min(weight, clip) * residual - divergence * kl);
      const pull = weight < clip ? weight * residual : 0;
      for (let a = 0; a < places; a++) {
        const ratio = (shifts[a] as number) / temperature + offset;
        const away = (fitted[a] as number) - direct - pull - divergence * (ratio - kl);
        slopes[a] = (count * ((pi[a] as number) * away + (a === action ? pull : 0))) / temperature;
      }
      head.pullBack(theta, features, slopes, gradient);
    }
    let squares = 0;
    for (let k = 0; k < theta.length; k++) {
      const each = theta[k] as number;
      squares += each * each;
      gradient[k] = (gradient[k] as number) / rounds - 2 * decay * each;
    }
    return total / rounds - decay * squares;
  };
}

/** Scratch for slates of one length, [places] each. */
type SlateSpace = Readonly<Record<"shifts" | "scores" | "pi" | "slopes", Float64Array>>;

function slateSpace(places: number): SlateSpace {
  const array = () => new Float64Array(places);
  return { shifts: array(), scores: array(), pi: array(), slopes: array() };
}
