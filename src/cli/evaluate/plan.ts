/** @file From files to questions: the split, the windows, their candidates, and what the baselines are fitted on. */
import { basename, resolve } from "node:path";
import { FailureError } from "../../core/failure.ts";
import { present } from "../../core/invariant.ts";
import {
  countKept,
  KEPT_FROM,
  lastWindows,
  MIN_HISTORY,
  orderUsers,
  type RatedFilms,
  type Split,
  splitOf,
  type Window,
  windowsOf,
} from "../../evaluate/interactions.ts";
import { ItemNeighbours } from "../../evaluate/item-knn.ts";
import { MarkovChain } from "../../evaluate/markov.ts";
import type { Problems } from "../../evaluate/problems.ts";
import { CANDIDATES, drawQuestions, type Question, sample } from "../../evaluate/questions.ts";
import type {
  EvaluationHead,
  EvaluationSettings,
  Mode,
  NegativeRule,
  Protocol,
} from "../../evaluate/result-file.ts";
import type { Recommender } from "../open-recommender.ts";
import { readCasesFile } from "./cases.ts";
import type { DatasetFiles } from "./dataset.ts";
import { matchFilms } from "./films.ts";

const RESAMPLES = 2_000;
const LLARA_DRAWS = 50;

export interface PlanOptions {
  readonly dataset: DatasetFiles | null;
  /** A path. */
  readonly cases: string | null;
  readonly modes: readonly Mode[];
  /** Null: what the data ask for. */
  readonly protocol: Protocol | null;
  readonly draws: number | null;
  readonly negatives: NegativeRule;
  /** Null: the pack's or 80 / 10 / 10. */
  readonly split: readonly [train: number, validation: number] | null;
  /** Null: the pack's. */
  readonly slate: number | null;
  readonly seed: number;
  readonly limit: number | null;
}

export interface Plan {
  readonly questions: readonly Question[];
  readonly settings: EvaluationSettings;
  readonly data: Omit<EvaluationHead["data"], "problems" | "problemCount">;
  readonly popularity: readonly number[];
  readonly knn: ItemNeighbours | null;
  readonly markov: MarkovChain | null;
}

interface Numbered {
  readonly question: Question;
  /** Decides the draw of its candidates. */
  readonly number: number;
}

/** Rejects with `bad-request` for what the data cannot answer, and as the readers do. */
export async function planEvaluation(
  options: PlanOptions,
  { films, manifest, exact }: Pick<Recommender, "films" | "manifest" | "exact">,
  problems: Problems,
): Promise<Plan> {
  const { dataset, modes } = options;
  const known =
    dataset === null ? null : splitUsers(dataset, options.split, { films, manifest, exact }, problems);
  if (known === null && modes.some((mode) => mode === "knn" || mode === "markov"))
    throw refusal("knn and markov are fitted on training users; give --dataset, beside --cases if need be");
  const cases = await casesOf(options.cases, { films, exact }, problems);
  const protocol = protocolOf(options, cases?.numbered ?? null);
  const drawn = protocol === "llara" || protocol === "windows";
  const draws = protocol === "llara" ? (options.draws ?? LLARA_DRAWS) : 1;
  if (options.draws !== null && protocol !== "llara") throw refusal("--draws is for --protocol llara");
  const test = known?.users.slice(known.split.train + known.split.validation) ?? [];
  const asked =
    cases?.numbered ?? numbered(protocol === "llara" ? lastWindows(windowsOf(test)) : windowsOf(test));
  if (asked.length === 0) throw refusal(`no test user has more than ${MIN_HISTORY} kept films of the pack`);
  const chosen = options.limit === null ? asked : sample(asked, options.limit, options.seed);
  const items = films.length;
  const slate = Math.min(items, options.slate ?? manifest.slate.size);
  const drawing = { draws, negatives: options.negatives, promptItems: manifest.prompt.historyItems, items };
  const questions = chosen.flatMap(({ question, number }) =>
    drawn
      ? drawQuestions(question, number, drawing)
      : [protocol === "full" ? { ...question, candidates: null } : question],
  );
  const train = known?.users.slice(0, known.split.train) ?? null;
  return {
    questions,
    settings: {
      protocol,
      modes: [...modes],
      negatives: options.negatives,
      draws,
      candidates: CANDIDATES,
      slate,
      seed: options.seed,
      limit: options.limit,
      keptFrom: KEPT_FROM,
      minHistory: MIN_HISTORY,
      resamples: RESAMPLES,
    },
    data: {
      name: cases?.name ?? present(dataset, "a data set").name,
      format: cases === null ? present(dataset, "a data set").format : "cases",
      files: [...(cases?.files ?? []), ...(dataset?.files ?? [])],
      users: known === null ? null : { ...known.split, without: known.without },
      ratings: known?.ratings ?? null,
    },
    popularity: train === null ? films.map(({ popularity }) => popularity) : countKept(train, items),
    knn: train !== null && modes.includes("knn") ? new ItemNeighbours(train, items) : null,
    markov: train !== null && modes.includes("markov") ? new MarkovChain(train, items) : null,
  };
}

function splitUsers(
  dataset: DatasetFiles,
  wanted: PlanOptions["split"],
  { films, manifest, exact }: Pick<Recommender, "films" | "manifest" | "exact">,
  problems: Problems,
) {
  const { ratings } = dataset;
  const rowOf = matchFilms(dataset, { films, exact }, problems);
  const rows = [...ratings.item.keys()].filter((row) => (rowOf[ratings.item[row] ?? 0] ?? -1) >= 0);
  const pick = (column: ArrayLike<number>) => rows.map((row) => column[row] ?? 0);
  const rating = pick(ratings.rating);
  const users: readonly RatedFilms[] = orderUsers({
    userIds: ratings.userIds,
    user: pick(ratings.user),
    item: rows.map((row) => rowOf[ratings.item[row] ?? 0] ?? 0),
    rating,
    time: pick(ratings.time),
  });
  const { train, validation, test } = manifest.training.split;
  const own: Split | null = train + validation + test === users.length ? { train, validation, test } : null;
  const split = wanted === null ? (own ?? splitOf(users.length)) : namedSplit(wanted, users.length);
  if (split.train === 0)
    throw refusal(`${users.length} users who kept a film of the pack are too few to train on and test`);
  const kept = rating.filter((value) => value >= KEPT_FROM).length;
  return {
    users,
    split,
    without: ratings.userIds.length - users.length,
    ratings: { read: rows.length, kept },
  };
}

function namedSplit([train, validation]: readonly [number, number], users: number): Split {
  if (train + validation >= users)
    throw refusal(`--split leaves no test user: ${users} users kept a film of the pack`);
  return { train, validation, test: users - train - validation };
}

async function casesOf(
  path: string | null,
  { films, exact }: Pick<Recommender, "films" | "exact">,
  problems: Problems,
) {
  if (path === null) return null;
  const file = basename(path);
  const names = { items: films.length, find: (name: string) => exact(name)?.id ?? null };
  const { questions, note } = await readCasesFile(resolve(path), file, names, problems);
  const numbered = questions.map(({ question, line }): Numbered => ({ question, number: line }));
  return { name: file.replace(/\.[^.]*$/, ""), files: [note], numbered };
}

function protocolOf({ protocol, cases: file }: PlanOptions, cases: readonly Numbered[] | null): Protocol {
  if (cases === null) {
    if (protocol === "given") throw refusal("--protocol given is for --cases");
    return protocol ?? "llara";
  }
  const without = cases.find(({ question }) => question.candidates === null);
  const some = cases.some(({ question }) => question.candidates !== null);
  if (protocol === "given" && without !== undefined)
    throw refusal(
      `the case ${without.question.id} of ${file} has no candidates; give --protocol full or windows`,
    );
  if (protocol !== null) return protocol;
  if (without !== undefined && some)
    throw refusal(
      `some cases of ${file} have candidates, ${without.question.id} has none; give a --protocol`,
    );
  return without === undefined ? "given" : "full";
}

function numbered(windows: Iterable<Window>): Numbered[] {
  return Array.from(windows, ({ number, user, history, target, seen }) => {
    const id = `${user}-${history.length}`;
    return { question: { id, user, draw: 0, history, target, seen, candidates: null }, number };
  });
}

function refusal(reason: string): FailureError {
  return new FailureError({ kind: "bad-request", reason });
}
