/** @file What a policy of two parameters becomes in a world of moods, by the road that its teacher takes. */
import { present } from "../../core/invariant.ts";
import { type Head, linearHead } from "../head.ts";
import { DEFAULT_CLIMB, learn } from "../learn.ts";
import { DEFAULT_OBJECTIVE, type LearningRow, policyOver } from "../objective.ts";
import type { MoodWorld, WorldLog, WorldPolicy } from "./mood-world.ts";
import { fitWorldRewards } from "./world-rewards.ts";

/**
 * `cpo`, `dr-cpo`: from drawn rounds, with a constant or with a ghat that saw the reader's choices alone. `naive` takes every round for a drawn one, with
 * propensities counted from the log; `regression` believes a ghat of all rounds.
 */
export const TEACHERS = ["naive", "regression", "cpo", "dr-cpo"] as const;
export type Teacher = (typeof TEACHERS)[number];

export interface LearnedPolicy {
  /** Weight of taste, and of being what a good mood chooses. */
  readonly theta: readonly [number, number];
  readonly policy: WorldPolicy;
}

const HEAD: Head<Float64Array> = linearHead(2);

/** Features of a reader's films, [films, 2]: the match with taste, and +1 / -1 for what a good / bad mood chooses. */
export function worldFeatures({ base, moodSide }: MoodWorld): Float64Array[] {
  return base.map((row) => Float64Array.from(row.flatMap((taste, film) => [taste, moodSide[film] ?? 0])));
}

export function learnInWorld(world: MoodWorld, log: WorldLog, teacher: Teacher): LearnedPolicy {
  const films = world.moodSide.length;
  const features = worldFeatures(world);
  const baseScores = new Float64Array(films);
  const uniform = new Float64Array(films).fill(1 / films);
  const isDrawn = (i: number) => log.drawn[i] === 1;
  const all = Array.from(log.reader.keys());
  const used = teacher === "naive" || teacher === "regression" ? all : all.filter(isDrawn);
  const mean = used.reduce((sum, i) => sum + (log.reward[i] as number), 0) / used.length;
  const constant = world.base.map(() => new Float64Array(films).fill(mean));
  const ghat =
    teacher === "regression"
      ? fitWorldRewards(world, log, () => true)
      : teacher === "dr-cpo"
        ? fitWorldRewards(world, log, (i) => !isDrawn(i))
        : constant;
  const propensities =
    teacher === "naive" ? countedPropensities(log, world.base.length, films) : world.base.map(() => uniform);
  const rows = pooledRounds(log, used, films).map(
    ({ reader, ...round }): LearningRow<Float64Array> => ({
      ...round,
      baseScores,
      features: present(features[reader], "a reader"),
      propensities: present(propensities[reader], "a reader"),
      fitted: present(ghat[reader], "a reader"),
    }),
  );
  const objective = {
    ...DEFAULT_OBJECTIVE,
    temperature: world.tasteTemperature,
    clip: teacher === "regression" ? 0 : DEFAULT_OBJECTIVE.clip,
  };
  const theta = learn(rows, HEAD, objective, DEFAULT_CLIMB);
  return {
    theta: [theta[0] as number, theta[1] as number],
    policy: features.map((each) => [
      ...policyOver({ baseScores, features: each }, HEAD, theta, objective.temperature),
    ]),
  };
}

/** Rounds of one reader and film are alike but for their rewards. */
function pooledRounds({ reader, action, reward }: WorldLog, used: readonly number[], films: number) {
  const cells = new Map<number, { reader: number; action: number; total: number; count: number }>();
  for (const i of used) {
    const at = (reader[i] as number) * films + (action[i] as number);
    const cell = cells.get(at) ?? {
      reader: reader[i] as number,
      action: action[i] as number,
      total: 0,
      count: 0,
    };
    cells.set(at, { ...cell, total: cell.total + (reward[i] as number), count: cell.count + 1 });
  }
  return [...cells.values()].map(({ total, ...cell }) => ({ ...cell, reward: total / cell.count }));
}

function countedPropensities({ reader, action }: WorldLog, readers: number, films: number): Float64Array[] {
  const counts = Array.from({ length: readers }, () => new Float64Array(films));
  for (const [i, at] of reader.entries()) {
    const row = present(counts[at], "a reader");
    row[action[i] as number] = (row[action[i] as number] as number) + 1;
  }
  return counts.map((row) => {
    const total = row.reduce((sum, count) => sum + count, 0);
    return row.map((count) => count / Math.max(1, total));
  });
}
