/** @file How estimators do over many logs of a world whose truth is known. */
import { invariant, present } from "../../core/invariant.ts";
import type { MeanInterval } from "../../core/student-t.ts";
import type { OverSlate } from "./question.ts";
import { type FitRewards, ROADS, type Road, type TabularLog, tabularEstimates } from "./tabular-estimates.ts";

export interface KnownPolicy {
  readonly name: string;
  /** [readers][actions]. */
  readonly policy: readonly OverSlate[];
  readonly truth: number;
}

export interface RoadFigures {
  readonly road: Road;
  /** Mean error over the logs. */
  readonly bias: number;
  /** Standard deviation over the logs. */
  readonly spread: number;
  /** Share of logs whose 95 % interval holds the truth. */
  readonly coverage: number;
}

export interface TabularStudy {
  /** By policy, in the order given. */
  readonly figures: readonly (readonly RoadFigures[])[];
  /** Share of logs in which the first policy, truly better, is estimated above the second. */
  readonly rankedRight: Record<Road, number>;
}

export function studyEstimates(
  draw: () => TabularLog,
  [better, worse]: readonly [KnownPolicy, KnownPolicy],
  fitRewards: FitRewards,
  repetitions: number,
): TabularStudy {
  invariant(better.truth > worse.truth, `${better.name} is better than ${worse.name}`);
  const runs = Array.from({ length: repetitions }, () => {
    const log = draw();
    return [better, worse].map(({ policy }) => tabularEstimates(log, policy, fitRewards));
  });
  const ofPolicy = (place: number) => runs.map((run) => present(run[place], "estimates of a policy"));
  return {
    figures: [better, worse].map(({ truth }, place) =>
      ROADS.map((road) => {
        const estimates = ofPolicy(place).map((run) => run[road]);
        return { road, ...figuresOf(estimates, truth) };
      }),
    ),
    rankedRight: Object.fromEntries(
      ROADS.map((road) => [
        road,
        share(runs.map(([first, second]) => (first?.[road].value ?? 0) > (second?.[road].value ?? 0))),
      ]),
    ) as Record<Road, number>,
  };
}

/** Of two logs' estimates or more. */
export function figuresOf(estimates: readonly MeanInterval[], truth: number): Omit<RoadFigures, "road"> {
  const n = estimates.length;
  invariant(n >= 2, `a spread needs two logs, got ${n}`);
  const mean = estimates.reduce((sum, { value }) => sum + value, 0) / n;
  const squares = estimates.reduce((sum, { value }) => sum + (value - mean) ** 2, 0);
  return {
    bias: mean - truth,
    spread: Math.sqrt(squares / (n - 1)),
    coverage: share(estimates.map(({ low, high }) => low <= truth && truth <= high)),
  };
}

function share(isTrue: readonly boolean[]): number {
  return isTrue.filter(Boolean).length / isTrue.length;
}
