/** @file Every figure of a result, computed from its cases alone (docs/evaluate.md, section 3). */
import { present } from "../core/invariant.ts";
import { brierScore, reliability, type ShownCase } from "./calibration.ts";
import { hitRatio, itemCoverage, ndcg, overTies, reciprocalRank, tiedPlaces } from "./ranking.ts";
import {
  type Calibration,
  type EvaluationCase,
  type EvaluationResult,
  type Figures,
  type Metric,
  MODES,
  type Mode,
} from "./result-file.ts";
import { bootstrapMeans } from "./user-bootstrap.ts";

export const CUTOFFS = [1, 5, 10, 20] as const;
const POPULARITY_CUTOFF = 10;
/** Modes whose scores are log-odds or log-probabilities up to a constant, so that their softmax means something. */
const PROBABLE: readonly Mode[] = ["sasrec", "text", "behaviour", "hybrid", "fused"];
/** Differences beside those from SASRec. */
const PAIRS: readonly (readonly [Mode, Mode])[] = [
  ["hybrid", "text"],
  ["fused", "hybrid"],
];
const RANKED = [
  ["HR", hitRatio],
  ["NDCG", ndcg],
  ["MRR", reciprocalRank],
] as const;

type Source = Pick<EvaluationResult, "cases" | "popularity" | "settings">;
/** A figure before its interval: a value for every question. */
interface Row extends Pick<Metric, "name" | "k" | "mode" | "minus" | "watchedLast"> {
  readonly values: Float64Array;
}

/** Computes the figures. The cases must be those of a checked result; without any, there are no figures. */
export function figuresOf({ cases, popularity, settings }: Source): Figures {
  if (cases.length === 0) return { metrics: [], answers: [], calibration: [] };
  const questions = groupByQuestion(cases);
  const modes = MODES.filter((mode) => settings.modes.includes(mode));
  const perQuestion = (measure: (each: EvaluationCase) => number) =>
    Float64Array.from(
      questions,
      ({ draws }) => draws.reduce((sum, one) => sum + measure(one), 0) / draws.length,
    );
  const isFull = settings.protocol === "full";
  const ranked = isFull ? catalogueRows(modes, perQuestion) : candidateRows(modes, cases, perQuestion);
  const rows: Row[] = [...ranked, ...differences(ranked)];
  if (isFull) {
    const recalled = ({ candidates, target }: EvaluationCase) => (candidates.includes(target) ? 1 : 0);
    rows.push({ ...plain("SlateRecall", settings.slate, "sasrec"), values: perQuestion(recalled) });
    rows.push(...popularityRows(modes, popularity, perQuestion));
  }
  const probable = modes.filter((mode) => PROBABLE.includes(mode));
  const shown = (each: EvaluationCase, mode: Mode): ShownCase => ({
    scores: scoresOf(each, mode),
    target: each.candidates.indexOf(each.target),
  });
  const brier = probable.map((mode): Row => {
    const values = perQuestion((each) => brierScore(shown(each, mode)));
    return { ...plain("Brier", null, mode), values };
  });
  const measured = [...rows, ...brier];
  const users = questions.map(({ user }) => user);
  const intervals = bootstrapMeans(
    measured.map(({ values }) => values),
    users,
    settings,
  );
  const counts = { n: questions.length, users: new Set(users).size };
  const metrics = measured.map(
    ({ values: _, ...row }, i): Metric => ({ ...row, ...present(intervals[i], "an interval"), ...counts }),
  );
  const coverage = isFull ? coverageOf(cases, modes, popularity.length) : [];
  return {
    metrics: [...metrics, ...coverage.map((row) => ({ ...row, ...counts }))],
    answers: rows
      .filter(({ name, k, minus }) => name === "HR" && k === 1 && minus === null)
      .map(({ mode, watchedLast, values }) => ({
        mode,
        watchedLast,
        correct: values.reduce((sum, hit) => sum + hit, 0),
        total: values.length,
        validRatio: 1,
      })),
    calibration: probable.map((mode): Calibration => {
      const brierOfMode = metrics.find(({ name, mode: of }) => name === "Brier" && of === mode);
      const asked = cases.map((each) => shown(each, mode));
      return { mode, ...reliability(asked), brier: brierOfMode?.value ?? 0, n: cases.length };
    }),
  };
}

interface Question {
  readonly user: string;
  readonly draws: EvaluationCase[];
}

function groupByQuestion(cases: readonly EvaluationCase[]): Question[] {
  const questions = new Map<string, Question>();
  for (const each of cases) {
    const known = questions.get(each.id);
    if (known === undefined) questions.set(each.id, { user: each.user, draws: [each] });
    else known.draws.push(each);
  }
  return [...questions.values()];
}

type PerQuestion = (measure: (each: EvaluationCase) => number) => Float64Array;

function candidateRows(
  modes: readonly Mode[],
  cases: readonly EvaluationCase[],
  perQuestion: PerQuestion,
): Row[] {
  const fewest = cases.reduce(
    (least, { candidates }) => Math.min(least, candidates.length),
    Number.POSITIVE_INFINITY,
  );
  const cutoffs = CUTOFFS.filter((k) => k === 1 || k < fewest);
  const hasWatched = cases.some(({ watched }) => watched.length > 0);
  return (hasWatched ? [false, true] : [false]).flatMap((watchedLast) =>
    RANKED.flatMap(([name, metric]) =>
      cutoffs.flatMap((k) =>
        modes.map((mode): Row => {
          const values = perQuestion((each) => {
            const target = each.candidates.indexOf(each.target);
            const places = tiedPlaces(scoresOf(each, mode), target, watchedLast ? each.watched : []);
            return overTies(places, (place) => metric([place], k));
          });
          return { ...plain(name, k, mode), watchedLast, values };
        }),
      ),
    ),
  );
}

function catalogueRows(modes: readonly Mode[], perQuestion: PerQuestion): Row[] {
  return RANKED.flatMap(([name, metric]) =>
    CUTOFFS.flatMap((k) =>
      modes.map((mode): Row => {
        const values = perQuestion((each) => metric([catalogueRank(each, mode)], k));
        return { ...plain(name, k, mode), values };
      }),
    ),
  );
}

function differences(rows: readonly Row[]): Row[] {
  const isPair = (mode: Mode, minus: Mode) =>
    mode !== minus && (minus === "sasrec" || PAIRS.some(([one, other]) => one === mode && other === minus));
  return rows.flatMap((row) =>
    rows
      .filter(
        (other) =>
          other.name === row.name &&
          other.k === row.k &&
          other.watchedLast === row.watchedLast &&
          isPair(row.mode, other.mode),
      )
      .map(
        (other): Row => ({
          ...row,
          minus: other.mode,
          values: row.values.map((value, i) => value - (other.values[i] ?? 0)),
        }),
      ),
  );
}

function popularityRows(
  modes: readonly Mode[],
  popularity: readonly number[],
  perQuestion: PerQuestion,
): Row[] {
  const percentile = percentiles(popularity);
  const meanOf = (items: readonly number[]) =>
    items.reduce((sum, item) => sum + (percentile[item] ?? 0), 0) / Math.max(1, items.length);
  return modes.flatMap((mode): Row[] => {
    const top = (each: EvaluationCase) => meanOf(shownList(each, mode).slice(0, POPULARITY_CUTOFF));
    const bias = (each: EvaluationCase) => top(each) - meanOf(each.history);
    return [
      { ...plain("TopPopularity", POPULARITY_CUTOFF, mode), values: perQuestion(top) },
      { ...plain("PopularityBias", POPULARITY_CUTOFF, mode), values: perQuestion(bias) },
    ];
  });
}

function coverageOf(cases: readonly EvaluationCase[], modes: readonly Mode[], items: number) {
  return modes.flatMap((mode) => {
    const lists = cases.map((each) => shownList(each, mode));
    return CUTOFFS.map((k) => ({
      ...plain("Coverage", k, mode),
      value: itemCoverage(lists, k, items),
      low: null,
      high: null,
    }));
  });
}

function plain(name: Metric["name"], k: number | null, mode: Mode) {
  return { name, k, mode, minus: null, watchedLast: false };
}

function scoresOf(each: EvaluationCase, mode: Mode): readonly number[] {
  return present(each.scores[mode], `scores of ${mode} in case ${each.id}`);
}

/** From 0; a target off the slate keeps the rank that SASRec gave it. */
export function catalogueRank(each: EvaluationCase, mode: Mode): number {
  const standings = present(each.catalogue, `the catalogue's ranks in case ${each.id}`);
  const own = standings[mode];
  if (own !== undefined) return own.rank;
  const target = each.candidates.indexOf(each.target);
  if (target < 0) return present(standings.sasrec, `SASRec's rank in case ${each.id}`).rank;
  const scores = scoresOf(each, mode);
  const score = present(scores[target], "the target's score");
  return scores.filter((other, place) => other > score || (other === score && place < target)).length;
}

/** The best films, at most 20, best first. */
export function shownList(each: EvaluationCase, mode: Mode): readonly number[] {
  const own = each.catalogue?.[mode];
  if (own !== undefined) return own.top;
  const scores = scoresOf(each, mode);
  return each.candidates
    .map((item, place) => ({ item, score: present(scores[place], "a score") }))
    .sort((a, b) => b.score - a.score)
    .slice(0, Math.max(...CUTOFFS))
    .map(({ item }) => item);
}

/** Share of the catalogue that is less popular than each film; equals, itself among them, count half. */
function percentiles(popularity: readonly number[]): number[] {
  const equal = new Map<number, number>();
  for (const count of popularity) equal.set(count, (equal.get(count) ?? 0) + 1);
  const share = new Map<number, number>();
  let below = 0;
  for (const [count, films] of [...equal].sort(([a], [b]) => a - b)) {
    share.set(count, (below + films / 2) / popularity.length);
    below += films;
  }
  return popularity.map((count) => share.get(count) ?? 0);
}

/** The first stored figure that the cases do not give, in words; null where all agree to 1e-9. */
export function firstDifference(result: EvaluationResult): string | null {
  const computed = figuresOf(result);
  for (const kind of ["metrics", "answers", "calibration"] as const)
    if (!isAlike(result[kind], computed[kind])) {
      const pairs = result[kind].map((stored, i) => [stored, computed[kind][i]] as const);
      const wrong = pairs.find(([stored, again]) => !isAlike(stored, again));
      return wrong === undefined
        ? `${kind}: ${result[kind].length} rows are stored, the cases give ${computed[kind].length}`
        : `${kind}: ${JSON.stringify(wrong[0])} is stored, the cases give ${JSON.stringify(wrong[1])}`;
    }
  return null;
}

const RECOMPUTED_TOLERANCE = 1e-9;

function isAlike(stored: unknown, again: unknown): boolean {
  if (typeof stored === "number" && typeof again === "number")
    return Math.abs(stored - again) <= RECOMPUTED_TOLERANCE;
  if (typeof stored !== "object" || typeof again !== "object" || stored === null || again === null)
    return stored === again;
  const names = new Set([...Object.keys(stored), ...Object.keys(again)]);
  return [...names].every((name) => isAlike(Reflect.get(stored, name), Reflect.get(again, name)));
}
