/**
 * @file Many cases in few numbers, each with its n and a 95 % interval from drawing the users again, each with all cases: the cases of one person are
 * not independent, and intervals from single cases would be too narrow.
 */
import { present } from "../core/invariant.ts";
import { quantile } from "../core/quantile.ts";
import { seededRandom } from "../core/rng.ts";
import type { CaseNumbers } from "./case-audit.ts";

export interface Estimate {
  readonly name: string;
  readonly value: number;
  readonly low: number;
  readonly high: number;
  /** Cases that have this figure, and the users whose they are. */
  readonly n: number;
  readonly users: number;
}

const RESAMPLES = 1000;

/** Figures that no case has are left out. The same seed draws the same. */
export function summarise(cases: readonly CaseNumbers[], seed: number): Estimate[] {
  const estimates: Estimate[] = [];
  /** Of the cases for which `read` is not null, `of` a resample of them. */
  const add = <Value>(
    name: string,
    read: (numbers: CaseNumbers) => Value | null,
    of: (values: readonly Value[]) => number,
  ) => {
    const byUser = new Map<string, Value[]>();
    for (const numbers of cases) {
      const value = read(numbers);
      if (value !== null) byUser.set(numbers.user, [...(byUser.get(numbers.user) ?? []), value]);
    }
    if (byUser.size > 0) estimates.push({ name, ...bootstrap([...byUser.values()], of, seed) });
  };
  const figures = (about: string, read: (numbers: CaseNumbers) => CaseNumbers["normalised"]) => {
    add(`deletion AUC${about}`, (each) => read(each)?.deletionAuc ?? null, mean);
    add(`insertion AUC${about}`, (each) => read(each)?.insertionAuc ?? null, mean);
    add(`comprehensiveness${about}`, (each) => read(each)?.comprehensiveness ?? null, mean);
    add(`sufficiency${about}`, (each) => read(each)?.sufficiency ?? null, mean);
  };
  figures(", nats", (each) => each.faithfulness);
  figures(", share of the whole", (each) => each.normalised);
  figures(", nats, random order", (each) => each.byChance?.faithfulness ?? null);
  figures(", share of the whole, random order", (each) => each.byChance?.normalised ?? null);
  add("v(all) - v(none), nats", ({ whole }) => whole, mean);
  add("completeness, mean |error|, nats", ({ completenessError }) => Math.abs(completenessError), mean);
  add("completeness, largest |error|, nats", ({ completenessError }) => Math.abs(completenessError), largest);
  add("lost without the top 3, nats", ({ deletion }) => deletion?.top ?? null, mean);
  add("lost without a random 3, nats", ({ deletion }) => deletion?.random ?? null, mean);
  add(
    "top 3 / random 3, ratio of means",
    ({ deletion }) => deletion,
    (drops) => mean(drops.map(({ top }) => top)) / mean(drops.map(({ random }) => random)),
  );
  add("rank correlation with random weights, mean", ({ randomised }) => randomised, mean);
  add(
    "rank correlation with random weights, mean size",
    ({ randomised }) => (randomised === null ? null : Math.abs(randomised)),
    mean,
  );
  add("target first of its candidates", ({ targetRank }) => targetRank && Number(targetRank === 1), mean);
  add("cause is the top item", ({ planted }) => planted && Number(planted.isTop), mean);
  add(
    "|distractor| / |cause|, median",
    ({ planted }) =>
      planted === null || planted.distractor === null ? null : planted.distractor / planted.cause,
    median,
  );
  return estimates;
}

/** Percentile interval. `groups` are drawn whole. */
function bootstrap<Value>(
  groups: readonly (readonly Value[])[],
  of: (values: readonly Value[]) => number,
  seed: number,
): Omit<Estimate, "name"> {
  const random = seededRandom(seed);
  const users = groups.length;
  const values = groups.flat();
  const drawn = Array.from({ length: RESAMPLES }, () =>
    of(Array.from({ length: users }, () => present(groups[Math.floor(random() * users)], "a user")).flat()),
  ).sort((a, b) => a - b);
  return {
    value: of(values),
    low: quantile(drawn, 0.025),
    high: quantile(drawn, 0.975),
    n: values.length,
    users,
  };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function largest(values: readonly number[]): number {
  return values.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
}

function median(values: readonly number[]): number {
  return quantile(
    [...values].sort((a, b) => a - b),
    0.5,
  );
}
