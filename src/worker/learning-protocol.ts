/** @file What the page asks of the learning worker, as a table of calls (`call-table.ts`). It works beside the engine, and never waits for it. */

import type { Update } from "../adapt/update.ts";
import type { PolicyVersion } from "../adapt/versions.ts";
import type { OffPolicyReport } from "../evaluate/off-policy/report.ts";
import type { CallOf, HandlersOf } from "./call-table.ts";

/** A drawn round with an outcome, as learning reads it; arrays are over the places of its slate. */
export interface LearningRound {
  /** s_0: the scores without anything learned. */
  readonly baseScores: readonly number[];
  /** [places, width] row by row: what the linear head weighs. */
  readonly features: Float64Array;
  readonly action: number;
  readonly reward: number;
  readonly propensities: readonly number[];
}

export interface PolicyValues {
  /** Of the policy as it was trained, and of the one in force; null where that is the same. */
  readonly trained: OffPolicyReport;
  readonly current: OffPolicyReport | null;
}

export interface LearningCalls {
  /**
   * Learns from all rounds and judges on held-out halves. `current` is the theta in force, empty for none; `look` counts the verdicts on this
   * log so far, from 1: each further look at the same log asks for more confidence, so that all looks together accept a worse policy in at most 5 %.
   */
  propose: {
    args: {
      readonly rounds: readonly LearningRound[];
      readonly width: number;
      readonly current: readonly number[];
      readonly objective: PolicyVersion["objective"];
      readonly look: number;
    };
    reply: Update;
    progress: never;
  };
  /** What the policies would be worth, by every estimator. */
  value: {
    args: {
      readonly rounds: readonly LearningRound[];
      readonly width: number;
      readonly current: readonly number[];
    };
    reply: PolicyValues;
    progress: never;
  };
}

export type LearningCall = CallOf<LearningCalls>;
export type LearningHandlers = HandlersOf<LearningCalls>;
