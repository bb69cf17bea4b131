/** @file What the learning worker does with each call. */
import { ridgeRewards } from "../adapt/film-rewards.ts";
import { linearHead } from "../adapt/head.ts";
import { DEFAULT_CLIMB } from "../adapt/learn.ts";
import { DEFAULT_OBJECTIVE, objectiveForLog, policyOver } from "../adapt/objective.ts";
import { confidenceOfLook, constantRewards, proposeUpdate } from "../adapt/update.ts";
import { present } from "../core/invariant.ts";
import { LEAST_EFFECTIVE_SIZE } from "../evaluate/off-policy/overlap.ts";
import { DEFAULT_SETTINGS, reportPolicyValue } from "../evaluate/off-policy/report.ts";
import type { LearningHandlers, LearningRound } from "./learning-protocol.ts";

/** Of the ghat behind values: a round's own fifth of the log teaches it nothing. */
const FOLDS = 5;

export const learningHandlers: LearningHandlers = {
  propose: async ({ rounds, width, current, objective, look }) => {
    const head = linearHead(width);
    return proposeUpdate(
      rounds,
      head,
      current.length === 0 ? head.start() : Float64Array.from(current),
      objective === "cpo" ? constantRewards(rounds) : ridgeRewards(rounds, width),
      {
        objective: objectiveForLog(rounds.length),
        climb: DEFAULT_CLIMB,
        leastEffectiveSize: LEAST_EFFECTIVE_SIZE,
        confidence: confidenceOfLook(look),
      },
    );
  },

  value: async ({ rounds, width, current }) => {
    const head = linearHead(width);
    const fitted = crossFitted(rounds, width);
    const worth = (theta: Float64Array) => {
      const target = rounds.map((round) => policyOver(round, head, theta, DEFAULT_OBJECTIVE.temperature));
      return reportPolicyValue({ rounds, target, fitted }, null, DEFAULT_SETTINGS);
    };
    return {
      trained: worth(head.start()),
      current: current.length === 0 ? null : worth(Float64Array.from(current)),
    };
  },
};

/** ghat over the slate of each round, from the rounds of other folds. */
function crossFitted(rounds: readonly LearningRound[], width: number): readonly ArrayLike<number>[] {
  const fitRewards = ridgeRewards(rounds, width);
  const models = Array.from({ length: FOLDS }, (_, fold) => fitRewards((i) => i % FOLDS !== fold));
  return rounds.map((_, i) => present(models[i % FOLDS], "a fold")(i));
}
