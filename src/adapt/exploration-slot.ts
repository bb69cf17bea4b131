/**
 * @file The one place on the page where chance decides, so that the effect of a film can be told from the habit of showing it. Every draw can
 * be made again from its seed and counter.
 */
import { invariant } from "../core/invariant.ts";
import { seededRandom } from "../core/rng.ts";
import { softmax } from "../core/softmax.ts";

/** Share of slates whose slot is filled uniformly. */
export const DEFAULT_EPSILON = 0.2;

/** What fills the slot; `seed` is kept for all draws of a person, `counter` is the number of draws before. */
export interface SlotRequest {
  /** Scores of the slate. */
  readonly scores: ArrayLike<number>;
  /** T of the policy pi_0 = softmax(scores / T) that fills the slot where chance does not; 0: the first of the highest scores, always. */
  readonly temperature: number;
  /** In [0, 1]; 0 shows the highest score always, and nothing can be learned from it. */
  readonly epsilon: number;
  readonly seed: number;
  readonly counter: number;
}

export interface SlotDraw {
  readonly place: number;
  /** p(a | x) over the slate: (1 - epsilon) pi_0(a) + epsilon / places, hence no weight above places / epsilon. */
  readonly propensities: Float64Array;
  /** Whether it was drawn uniformly; the same place may come of either. */
  readonly isRandomised: boolean;
}

export function drawSlot({ scores, temperature, epsilon, seed, counter }: SlotRequest): SlotDraw {
  const places = scores.length;
  invariant(places > 0 && epsilon >= 0 && epsilon <= 1, `${places} places, epsilon ${epsilon}`);
  const policy = epsilon === 0 || temperature === 0 ? greedy(scores) : softened(scores, temperature);
  const propensities = Float64Array.from(policy, (p) => (1 - epsilon) * p + epsilon / places);
  return { propensities, ...drawFrom(policy, epsilon, seed, counter) };
}

function greedy(scores: ArrayLike<number>): number[] {
  const values = Array.from(scores);
  const best = values.indexOf(Math.max(...values));
  return values.map((_, place) => (place === best ? 1 : 0));
}

function softened(scores: ArrayLike<number>, temperature: number): number[] {
  return softmax(Array.from(scores, (score) => score / temperature));
}

/** Seed and counter alone decide which branch is taken, and where in its distribution. */
function drawFrom(policy: readonly number[], epsilon: number, seed: number, counter: number) {
  // Consecutive counters land far apart in the generator's states (multiplier: 2^32 over the golden ratio).
  const random = seededRandom((seed ^ Math.imul(counter + 1, 0x9e3779b1)) >>> 0);
  const isRandomised = random() < epsilon;
  const u = random();
  if (isRandomised) return { place: Math.floor(u * policy.length), isRandomised };
  let total = 0;
  const place = policy.findIndex((p) => {
    total += p;
    return u < total;
  });
  // Rounding may leave the last sum a little below 1.
  return { place: place < 0 ? policy.findLastIndex((p) => p > 0) : place, isRandomised };
}

/** A draw as it was logged. */
export interface LoggedDraw {
  readonly place: number;
  readonly propensities: ArrayLike<number>;
  readonly isRandomised: boolean;
  readonly epsilon: number;
  readonly seed: number;
  readonly counter: number;
}

/**
 * Whether seed and counter give the logged place from the logged propensities, whose part without epsilon is the policy. A draw at the very edge between two
 * places may be told wrong, once in some 10^12.
 */
export function isDrawAsLogged(logged: LoggedDraw): boolean {
  const { propensities, epsilon, seed, counter } = logged;
  const uniform = epsilon / propensities.length;
  const values = Array.from(propensities);
  const total = values.reduce((sum, p) => sum + p, 0);
  if (Math.abs(total - 1) > 1e-6 || values.some((p) => p < uniform - 1e-9)) return false;
  // At epsilon 1 nothing is left of the policy, and nothing of it is used.
  const policy = values.map((p) => (epsilon === 1 ? 0 : (p - uniform) / (1 - epsilon)));
  const again = drawFrom(policy, epsilon, seed, counter);
  return again.place === logged.place && again.isRandomised === logged.isRandomised;
}

/** What a person did with the slot's film. */
export type SlotOutcome =
  | { readonly kind: "liked" }
  | { readonly kind: "dismissed" }
  /** Neither, so far. */
  | { readonly kind: "ignored"; readonly visibleMs: number };

/** Seen this long without a reaction counts as a 0. */
export const IGNORED_AFTER_MS = 10_000;

/** y of an impression: liked 1, dismissed 0, ignored for 10 visible seconds 0; null before, where there is no outcome yet. */
export function rewardOf(outcome: SlotOutcome): 0 | 1 | null {
  switch (outcome.kind) {
    case "liked":
      return 1;
    case "dismissed":
      return 0;
    case "ignored":
      return outcome.visibleMs >= IGNORED_AFTER_MS ? 0 : null;
    default:
      return outcome satisfies never;
  }
}
