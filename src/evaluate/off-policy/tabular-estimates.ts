/** @file One policy's value in a world of few contexts and actions, by every road: the wrong ones beside the right ones. */
import { invariant, present } from "../../core/invariant.ts";
import { type MeanInterval, tInterval } from "../../core/student-t.ts";
import { controlVariateDr } from "./control-variates.ts";
import { type Contributions, doublyRobust, ips, snips } from "./estimators.ts";
import { describeOverlap, LEAST_EFFECTIVE_SIZE } from "./overlap.ts";
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

/** These take every round for a drawn one. */
const NAIVE_ROADS = ["regression", "naive"] as const;
/** These trust drawn rounds alone. */
const DRAWN_ROADS = ["cpo", "cpo-baseline", "snips", "dr-confounded", "dr-cross-fitted", "cv-dr"] as const;
export const ROADS = [...NAIVE_ROADS, ...DRAWN_ROADS] as const;
type NaiveRoad = (typeof NAIVE_ROADS)[number];
type DrawnRoad = (typeof DRAWN_ROADS)[number];
export type Road = NaiveRoad | DrawnRoad;

const FOLDS = 5;
const AS_DRAWN = { clip: Number.POSITIVE_INFINITY };

/**
 * V(policy) with its 95 % t interval by each road; that of `regression` is its spread over rounds, blind to what it does wrong.
 * `dr-confounded` and `cv-dr` have their ghat from the rounds that were not drawn. At least ten rounds must be drawn.
 */
export function tabularEstimates(
  log: TabularLog,
  policy: readonly OverSlate[],
  fitRewards: FitRewards,
): Record<Road, MeanInterval> {
  return { ...naiveEstimates(log, policy, fitRewards), ...drawnEstimates(log, policy, fitRewards) };
}

/** The answers of a log that is long enough for them, and null where it is not. */
export interface TabularAnswer {
  /** Of the drawn rounds; 0 where none are. */
  readonly effectiveSize: number;
  readonly estimates: Readonly<Record<Road, MeanInterval | null>>;
}

/** As `tabularEstimates`, but roads of drawn rounds give no value below the least effective size (`overlap.ts`). The others always do. */
export function tabularAnswer(
  log: TabularLog,
  policy: readonly OverSlate[],
  fitRewards: FitRewards,
): TabularAnswer {
  const naive = naiveEstimates(log, policy, fitRewards);
  const question = drawnQuestion(log, policy, drawnRounds(log));
  const { effectiveSize } = describeOverlap(question, AS_DRAWN.clip);
  const drawn =
    effectiveSize < LEAST_EFFECTIVE_SIZE
      ? (Object.fromEntries(DRAWN_ROADS.map((road) => [road, null])) as Record<DrawnRoad, null>)
      : drawnEstimates(log, policy, fitRewards);
  return { effectiveSize, estimates: { ...naive, ...drawn } };
}

function naiveEstimates(
  log: TabularLog,
  policy: readonly OverSlate[],
  fitRewards: FitRewards,
): Record<NaiveRoad, MeanInterval> {
  const every = Array.from({ length: log.reader.length }, (_, i) => i);
  const ghat = fitRewards(log, () => true);
  const logged = fittedPropensities(log, policy.length, actionsOf(policy));
  return {
    regression: tInterval(every.map((i) => expected(ofReader(policy, log, i), ofReader(ghat, log, i)))),
    naive: tInterval(
      ips(
        askAbout(log, policy, every, (i) => ofReader(logged, log, i)),
        AS_DRAWN,
      ).perRound,
    ),
  };
}

function drawnEstimates(
  log: TabularLog,
  policy: readonly OverSlate[],
  fitRewards: FitRewards,
): Record<DrawnRoad, MeanInterval> {
  const n = log.reader.length;
  const drawn = drawnRounds(log);
  invariant(drawn.length >= 2 * FOLDS, `${drawn.length} drawn rounds are too few`);
  const actions = actionsOf(policy);
  const randomised = drawnQuestion(log, policy, drawn);
  const withFitted = (fitted: (i: number, place: number) => OverSlate) => ({
    ...randomised,
    fitted: drawn.map(fitted),
  });
  const observed = fitRewards(log, (i) => log.drawn[i] !== 1);

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

  const confounded = withFitted((i) => ofReader(observed, log, i));
  const contributions: Record<DrawnRoad, Contributions> = {
    cpo: ips(randomised, AS_DRAWN),
    "cpo-baseline": doublyRobust(
      withFitted((_, place) => present(baselines[place % FOLDS], "a fold")),
      AS_DRAWN,
    ),
    snips: snips(randomised, AS_DRAWN),
    "dr-confounded": doublyRobust(confounded, AS_DRAWN),
    "dr-cross-fitted": doublyRobust(
      withFitted((i, place) => ofReader(present(crossFitted[place % FOLDS], "a fold"), log, i)),
      AS_DRAWN,
    ),
    "cv-dr": controlVariateDr(confounded, { folds: FOLDS }),
  };
  const estimates = DRAWN_ROADS.map((road) => [road, tInterval(contributions[road].perRound)] as const);
  return Object.fromEntries(estimates) as Record<DrawnRoad, MeanInterval>;
}

function drawnRounds(log: TabularLog): readonly number[] {
  return Array.from({ length: log.reader.length }, (_, i) => i).filter((i) => log.drawn[i] === 1);
}

function drawnQuestion(log: TabularLog, policy: readonly OverSlate[], drawn: readonly number[]): Question {
  const actions = actionsOf(policy);
  const uniform = new Float64Array(actions).fill(1 / actions);
  return askAbout(log, policy, drawn, () => uniform);
}

function askAbout(
  log: TabularLog,
  policy: readonly OverSlate[],
  rows: readonly number[],
  propensities: (i: number) => OverSlate,
): Question {
  return {
    rounds: rows.map(
      (i): DrawnRound => ({
        action: log.action[i] as number,
        reward: log.reward[i] as number,
        propensities: propensities(i),
      }),
    ),
    target: rows.map((i) => ofReader(policy, log, i)),
  };
}

function ofReader(table: readonly OverSlate[], log: TabularLog, i: number): OverSlate {
  return present(table[log.reader[i] as number], "a row per reader");
}

function actionsOf(policy: readonly OverSlate[]): number {
  return present(policy[0], "a policy").length;
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
