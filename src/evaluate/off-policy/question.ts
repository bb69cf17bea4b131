/**
 * @file What is asked of a log: the value V(pi) = E[sum_a pi(a | x) g(x, a)] that a target policy pi would have, from rounds in which
 * another policy drew. Names follow the Open Bandit Pipeline (Saito et al. 2021).
 */

/** Numbers over the places of one slate: a policy's probabilities, or rewards. */
export type OverSlate = ArrayLike<number>;

/** A slate in which one film was drawn with known probabilities, and what came of it. */
export interface DrawnRound {
  /** Place in the slate that was drawn. */
  readonly action: number;
  /** In [0, 1]. */
  readonly reward: number;
  /** p(a | x), what it was drawn with; above 0 at `action`. A choice that nobody drew has none, and is no drawn round. */
  readonly propensities: OverSlate;
}

export interface Question {
  readonly rounds: readonly DrawnRound[];
  /** pi(a | x) of the target policy, per round. */
  readonly target: readonly OverSlate[];
}

export interface FittedQuestion extends Question {
  /** ghat(x, a) in [0, 1] of a reward model, per round. It must not have seen the round's own reward. */
  readonly fitted: readonly OverSlate[];
}
