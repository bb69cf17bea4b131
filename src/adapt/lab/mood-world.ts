/**
 * @file A simulated reader with a hidden mood, whose answers are known by enumeration. The mood makes the reader choose certain films and
 * like whatever is shown: who learns from the reader's own choices takes the mood for the films' merit.
 */
import { invariant, present } from "../../core/invariant.ts";
import type { Random } from "../../core/rng.ts";
import { sigmoid } from "../../core/sigmoid.ts";
import { softmax } from "../../core/softmax.ts";

export interface MoodWorld {
  /** Log-odds of a like without mood, [readers][films]. The reader of a round is known, the mood (+1 or -1, a fair coin) is not. */
  readonly base: readonly (readonly number[])[];
  /** What a good mood adds to the log-odds of a like. */
  readonly moodOnLike: number;
  /** [films]: 1 what a good mood chooses, -1 what a bad one does, 0 what neither does. */
  readonly moodSide: readonly (1 | 0 | -1)[];
  /** What a mood adds to the logit of the reader's choosing a film of its side, and takes from one of the other side. */
  readonly moodOnChoice: number;
  /** T of the policy that goes by taste. */
  readonly tasteTemperature: number;
}

/** A policy of a world: probabilities [readers][films]. */
export type WorldPolicy = readonly (readonly number[])[];

/** Rounds of a world; arrays are [rounds]. */
export interface WorldLog {
  readonly reader: Int32Array;
  /** The film that was shown or chosen. */
  readonly action: Int32Array;
  /** 1 liked, 0 not. */
  readonly reward: Float64Array;
  /** 1 where the film was drawn uniformly, 0 where the reader chose it. */
  readonly drawn: Uint8Array;
}

/** g(x, a) = (sigma(base + mood) + sigma(base - mood)) / 2, the chance of a like where the film is drawn: [readers][films]. */
export function causalRewards({ base, moodOnLike }: MoodWorld): number[][] {
  return base.map((row) => row.map((x) => (sigmoid(x + moodOnLike) + sigmoid(x - moodOnLike)) / 2));
}

/** V(pi) = mean over readers of sum_a pi(a | x) g(x, a), by enumeration. */
export function trueValue(world: MoodWorld, policy: WorldPolicy): number {
  const values = causalRewards(world).map((row, reader) => {
    const pi = present(policy[reader], "a policy per reader");
    return row.reduce((sum, g, film) => sum + g * present(pi[film], "a probability per film"), 0);
  });
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Goes by taste: softmax(base / T). */
export function tastePolicy({ base, tasteTemperature }: MoodWorld): WorldPolicy {
  return base.map((row) => softmax(row.map((x) => x / tasteTemperature)));
}

/** Shows uniformly what a good mood chooses. */
export function moodPolicy({ base, moodSide }: MoodWorld): WorldPolicy {
  const chosen = moodSide.map((side) => (side === 1 ? 1 : 0));
  const films = chosen.filter((each) => each === 1).length;
  return base.map(() => chosen.map((each) => each / films));
}

/** What a reader chooses in each mood, [films]: softmax of what the mood adds to the logits, whoever reads. */
export function choiceChances({ moodSide, moodOnChoice }: MoodWorld): Record<"good" | "bad", number[]> {
  return {
    good: softmax(moodSide.map((side) => side * moodOnChoice)),
    bad: softmax(moodSide.map((side) => -side * moodOnChoice)),
  };
}

/**
 * `rounds` rounds: a reader at random, a mood, and with probability `epsilon` a film drawn uniformly, otherwise the reader's own choice by
 * softmax of the mood's logits.
 */
export function simulate(
  world: MoodWorld,
  { rounds, epsilon }: { readonly rounds: number; readonly epsilon: number },
  random: Random,
): WorldLog {
  const { base, moodOnLike } = world;
  const films = world.moodSide.length;
  invariant(
    base.every((row) => row.length === films),
    "every reader rates every film",
  );
  const chances = choiceChances(world);
  const choices = { good: cumulative(chances.good), bad: cumulative(chances.bad) };
  const log = {
    reader: new Int32Array(rounds),
    action: new Int32Array(rounds),
    reward: new Float64Array(rounds),
    drawn: new Uint8Array(rounds),
  };
  for (let i = 0; i < rounds; i++) {
    const reader = Math.floor(random() * base.length);
    const isGood = random() < 0.5;
    const isDrawn = random() < epsilon;
    const u = random();
    const action = isDrawn ? Math.floor(u * films) : firstAbove(isGood ? choices.good : choices.bad, u);
    const logit =
      present(base[reader]?.[action], "a film of the world") + (isGood ? moodOnLike : -moodOnLike);
    log.reader[i] = reader;
    log.action[i] = action;
    log.drawn[i] = isDrawn ? 1 : 0;
    log.reward[i] = random() < sigmoid(logit) ? 1 : 0;
  }
  return log;
}

function cumulative(probabilities: readonly number[]): number[] {
  let total = 0;
  return probabilities.map((p) => {
    total += p;
    return total;
  });
}

function firstAbove(cumulated: readonly number[], u: number): number {
  const found = cumulated.findIndex((total) => u < total);
  // Rounding may leave the last sum a little below 1.
  return found < 0 ? cumulated.length - 1 : found;
}
