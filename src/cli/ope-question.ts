/** @file A log and a policy as a question to the estimators. */
import * as v from "valibot";
import { isDrawAsLogged } from "../adapt/exploration-slot.ts";
import type { LogReading, LogRow, SlotRow } from "../adapt/log-row.ts";
import { fitCellMeans } from "../adapt/reward-model.ts";
import { FailureError } from "../core/failure.ts";
import type { ItemId } from "../core/ids.ts";
import { present } from "../core/invariant.ts";
import type { FittedQuestion, OverSlate } from "../evaluate/off-policy/question.ts";

/** A drawn row with an outcome. */
export interface UsedRow {
  readonly line: number;
  readonly row: SlotRow & { readonly y: number };
}

export interface LogCounts {
  readonly rows: number;
  readonly used: number;
  /** Rows that nobody drew: they teach the reward model alone. */
  readonly observed: number;
  /** Rows without an outcome yet. */
  readonly open: number;
  /** Drawn rows whose draw their seed and counter do not give. */
  readonly unlikeTheirSeed: number;
}

export interface LogQuestion {
  readonly question: FittedQuestion;
  /** Per round; null where they are not of two people at least. */
  readonly users: readonly string[] | null;
  readonly counts: LogCounts;
  /** Where ghat comes from. */
  readonly rewardModel: "logged" | "film means";
}

/** The target's probabilities over the slate of a row. */
export type TargetPolicy = (used: UsedRow) => OverSlate;

/** Every place alike. */
export const uniformPolicy: TargetPolicy = ({ row }) => row.p.map(() => 1 / row.p.length);

/** What drew: the value is the mean reward. */
export const loggedPolicy: TargetPolicy = ({ row }) => row.p;

/** The place that the log was likeliest to draw; equals share. */
export const greedyPolicy: TargetPolicy = ({ row }) => {
  const most = Math.max(...row.p);
  const best = row.p.filter((p) => p === most).length;
  return row.p.map((p) => (p === most ? 1 / best : 0));
};

const policyLineSchema = v.object({
  line: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
  pi: v.pipe(v.array(v.pipe(v.number(), v.minValue(0), v.maxValue(1))), v.minLength(1)),
});

/** A policy out of a file with `{"line": 12, "pi": [0.5, 0.5]}` a line, `line` of the log. Throws `file-invalid`, also where a row asks that the file lacks. */
export function policyFromFile(bytes: Uint8Array, file: string): TargetPolicy {
  const invalid = (reason: string) => new FailureError({ kind: "file-invalid", file, reason });
  const byLine = new Map<number, readonly number[]>();
  for (const [index, text] of new TextDecoder().decode(bytes).split(/\r?\n/).entries()) {
    if (text.trim() === "") continue;
    let document: unknown;
    try {
      document = JSON.parse(text);
    } catch {
      throw invalid(`line ${index + 1} is not JSON`);
    }
    const parsed = v.safeParse(policyLineSchema, document, { abortEarly: true });
    if (!parsed.success) {
      const [issue] = parsed.issues;
      throw invalid(`line ${index + 1}, ${v.getDotPath(issue) ?? "the object"}: ${issue.message}`);
    }
    const { line, pi } = parsed.output;
    const total = pi.reduce((sum, p) => sum + p, 0);
    if (Math.abs(total - 1) > 1e-6) throw invalid(`line ${index + 1}: pi sums to ${total}`);
    byLine.set(line, pi);
  }
  return ({ line, row }) => {
    const pi = byLine.get(line);
    if (pi === undefined) throw invalid(`it has nothing for line ${line} of the log`);
    if (pi.length !== row.p.length)
      throw invalid(`it has ${pi.length} numbers for the ${row.p.length} films of line ${line} of the log`);
    return pi;
  };
}

/** Drawn rows are the rounds; with the observed ones they teach ghat. */
export function askLog({ rows }: LogReading, policy: TargetPolicy): LogQuestion {
  const used = rows.flatMap(({ line, row }) => {
    const { y } = row;
    return row.source === "slot" && y !== null ? [{ line, row: { ...row, y } }] : [];
  });
  const observed = rows.map(({ row }) => row).filter((row) => row.source !== "slot");
  const users = used.map(({ row }) => row.user ?? "");
  const logged = used.map(({ row }) => row.fitted);
  const everyFitted = logged.every((each) => each !== undefined);
  return {
    question: {
      rounds: used.map(({ row }) => ({ action: row.a, reward: row.y, propensities: row.p })),
      target: used.map(policy),
      fitted: everyFitted ? logged : filmMeans(used, observed),
    },
    users: new Set(users).size > 1 ? users : null,
    counts: {
      rows: rows.length,
      used: used.length,
      observed: observed.length,
      open: rows.filter(({ row }) => row.y === null).length,
      unlikeTheirSeed: used.filter(({ row }) => !isAsItsSeed(row)).length,
    },
    rewardModel: everyFitted && used.length > 0 ? "logged" : "film means",
  };
}

function isAsItsSeed({ a, p, randomised, eps, seed, counter }: SlotRow): boolean {
  return isDrawAsLogged({ place: a, propensities: p, isRandomised: randomised, epsilon: eps, seed, counter });
}

const FOLDS = 5;
/** A film's mean counts as much as the overall mean once it has this many rows. */
const STRENGTH = 5;

/** ghat = the film's mean reward, drawn to the overall mean, from the drawn rows of other folds and all observed ones. */
function filmMeans(used: readonly UsedRow[], observed: readonly LogRow[]): OverSlate[] {
  const number = new Map<ItemId, number>();
  const numberOf = (film: ItemId) => {
    const known = number.get(film) ?? number.size;
    number.set(film, known);
    return known;
  };
  const lessons = [...used.map(({ row }) => row), ...observed.filter(({ y }) => y !== null)];
  const cell = lessons.map((row) => numberOf(present(row.slateIds[row.a], "a film of the slate")));
  const reward = lessons.map(({ y }) => y ?? 0);
  const slates = used.map(({ row }) => row.slateIds.map(numberOf));
  const models = Array.from({ length: FOLDS }, (_, fold) => {
    const isUsed = (i: number) => i >= used.length || i % FOLDS !== fold;
    const kept = reward.filter((_each, i) => isUsed(i));
    const prior = kept.reduce((sum, y) => sum + y, 0) / Math.max(1, kept.length);
    return fitCellMeans({ cell, reward }, number.size, { prior, strength: STRENGTH }, isUsed);
  });
  return slates.map((films, i) => {
    const model = present(models[i % FOLDS], "a fold");
    return films.map((film) => present(model[film], "a film"));
  });
}
