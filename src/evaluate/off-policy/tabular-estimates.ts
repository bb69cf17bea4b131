/** @file One policy's value in a world of few contexts and actions, by every road: the wrong ones beside the right ones. */
import { invariant, present } from "../../core/invariant.ts";
import { type MeanInterval, tInterval } from "../../core/student-t.ts";
import { controlVariateDr } from "./control-variates.ts";
import { type Contributions, doublyRobust, ips, snips } from "./estimators.ts";
import type { DrawnRound, OverSlate, Question } from "./question.ts";

/** Arrays are [rounds]. */
export interface TabularLog {
  readonly reader: ArrayLike<number>;
  readonly action: ArrayLike<number>;
  readonly reward: ArrayLike<number>;
  /** 1 where the action was drawn uniformly, 0 where nobody knows how it came about. */
  readonly drawn: ArrayLike<number>;
}

/** ghat [readers][actions] from the rounds that `isUsed` keeps. */
export type FitRewards = (log: TabularLog, isUsed: (round: number) => boolean) => readonly OverSlate[];

/** `naive` and `regression` take every round for a drawn one. */
export const ROADS = [
  "regression",
  "naive",
  "cpo",
  "cpo-baseline",
  "snips",
  "dr-confounded",
  "dr-cross-fitted",
  "cv-dr",
] as const;
export type Road = (typeof ROADS)[number];

const FOLDS = 5;
const AS_DRAWN = { clip: Number.POSITIVE_INFINITY };

/**
 * V(policy) with its 95 % t interval by each road; that of `regression` is its spread over rounds, blind to what it does wrong.
 * `dr-confounded` and `cv-dr` have their ghat from the rounds that were not drawn.
 */
export function tabularEstimates(
  log: TabularLog,
  policy: readonly OverSlate[],
  fitRewards: FitRewards,
): Record<Road, MeanInterval> {
  const n = log.reader.length;
  const readerOf = (i: number) => log.reader[i] as number;
  const every = Array.from({ length: n }, (_, i) => i);
  const drawn = every.filter((i) => log.drawn[i] === 1);
  invariant(drawn.length >= 2 * FOLDS, `${drawn.length} drawn rounds are too few`);
  const actions = present(policy[0], "a policy").length;
  const uniform = new Float64Array(actions).fill(1 / actions);
  const ask = (rows: readonly number[], propensities: (i: number) => OverSlate): Question => ({
    rounds: rows.map(
      (i): DrawnRound => ({
        action: log.action[i] as number,
        reward: log.reward[i] as number,
        propensities: propensities(i),
      }),
    ),
    target: rows.map((i) => present(policy[readerOf(i)], "a policy per reader")),
  });
  const withFitted = (fitted: (i: number, place: number) => OverSlate) => ({
    ...randomised,
    fitted: drawn.map(fitted),
  });
  const randomised = ask(drawn, () => uniform);
  const everyGhat = fitRewards(log, () => true);
  const observed = fitRewards(log, (i) => log.drawn[i] !== 1);
  const of = (ghat: readonly OverSlate[], i: number) => present(ghat[readerOf(i)], "ghat per reader");

  const foldOf = new Int32Array(n).fill(-1);
  for (const [place, i] of drawn.entries()) foldOf[i] = place % FOLDS;
  const crossFitted = Array.from({ length: FOLDS }, (_, fold) =>
    fitRewards(log, (i) => log.drawn[i] === 1 && foldOf[i] !== fold),
  );
  const baselines = Array.from({ length: FOLDS }, (_, fold) => {
    const others = drawn.filter((i) => foldOf[i] !== fold);
    const mean = others.reduce((sum, i) => sum + (log.reward[i] as number), 0) / others.length;
    return new Float64Array(actions).fill(mean);
  });

  const logged = fittedPropensities(log, policy.length, actions);
  const confounded = withFitted((i) => of(observed, i));
  const contributions: Record<Road, ArrayLike<number> | Contributions> = {
    regression: every.map((i) => expected(present(policy[readerOf(i)], "a policy"), of(everyGhat, i))),
    naive: ips(
      ask(every, (i) => present(logged[readerOf(i)], "a reader")),
      AS_DRAWN,
    ),
    cpo: ips(randomised, AS_DRAWN),
    "cpo-baseline": doublyRobust(
      withFitted((_, place) => present(baselines[place % FOLDS], "a fold")),
      AS_DRAWN,
    ),
    snips: snips(randomised, AS_DRAWN),
    "dr-confounded": doublyRobust(confounded, AS_DRAWN),
    "dr-cross-fitted": doublyRobust(
      withFitted((i, place) => of(present(crossFitted[place % FOLDS], "a fold"), i)),
      AS_DRAWN,
    ),
    "cv-dr": controlVariateDr(confounded, { folds: FOLDS }),
  };
  const estimates = ROADS.map((road) => {
    const values = contributions[road];
    return [road, tInterval("perRound" in values ? values.perRound : values)] as const;
  });
  return Object.fromEntries(estimates) as Record<Road, MeanInterval>;
}

/** How often each reader's rounds have each action, [readers][actions]: what one takes for propensities where none were logged. */
function fittedPropensities(log: TabularLog, readers: number, actions: number): Float64Array[] {
  const counts = Array.from({ length: readers }, () => new Float64Array(actions));
  for (let i = 0; i < log.reader.length; i++) {
    const row = present(counts[log.reader[i] as number], "a reader");
    const action = log.action[i] as number;
    row[action] = (row[action] as number) + 1;
  }
  return counts.map((row) => {
    const total = row.reduce((sum, count) => sum + count, 0);
    return row.map((count) => (total === 0 ? 0 : count / total));
  });
}

function expected(pi: OverSlate, ghat: OverSlate): number {
  let sum = 0;
  for (let a = 0; a < pi.length; a++) sum += (pi[a] as number) * (ghat[a] as number);
  return sum;
}
