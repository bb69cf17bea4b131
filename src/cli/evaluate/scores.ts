/** @file Questions asked of every mode. Each of the language model's modes is one packed pass; `hybrid` and `fused` share theirs. */
import { type ItemId, itemId } from "../../core/ids.ts";
import { present } from "../../core/invariant.ts";
import type { BehaviourModel } from "../../engine/engine.ts";
import { bestItems, standingOf } from "../../evaluate/catalogue-ranking.ts";
import type { ItemNeighbours } from "../../evaluate/item-knn.ts";
import type { MarkovChain } from "../../evaluate/markov.ts";
import { type Question, watchedPlaces } from "../../evaluate/questions.ts";
import type { EvaluationCase, Mode, Standing } from "../../evaluate/result-file.ts";
import type { ScoreFn, SlateQuery } from "../../scores/score-fn.ts";

/** Places of a catalogue's list that a result keeps. */
const TOP = 20;
/** Significant digits: what single precision holds. */
const DIGITS = 9;
type Plain = Extract<Mode, "popularity" | "knn" | "markov" | "sasrec">;
const PLAIN: readonly Plain[] = ["popularity", "knn", "markov", "sasrec"];

export interface ScoringParts {
  readonly modes: readonly Mode[];
  readonly score: ScoreFn;
  /** The same with every title neutral. */
  readonly untitledScore: ScoreFn;
  readonly behaviour: Pick<BehaviourModel, "state" | "itemScores" | "itemScore" | "experts">;
  readonly beta: number;
  readonly recommenderItems: number;
  /** Of a question about the whole catalogue. */
  readonly slateSize: number;
  /** [items] */
  readonly popularity: readonly number[];
  /** Null where no training users are known; then their modes may not be asked. */
  readonly knn: ItemNeighbours | null;
  readonly markov: MarkovChain | null;
}

/** The cases of a batch, in order; what its questions have in common is computed once. Rejects as the score functions do. */
export async function scoreQuestions(
  questions: readonly Question[],
  parts: ScoringParts,
  signal?: AbortSignal,
): Promise<EvaluationCase[]> {
  const asked = questions.map((question) => prepare(question, parts));
  const queries = asked.map(({ query }) => query);
  const wants = (...modes: Mode[]) => modes.some((mode) => parts.modes.includes(mode));
  const hybrid = wants("hybrid", "fused") ? await verdictsOf(parts.score, queries, signal) : null;
  const alone = queries.map((query) => ({
    ...query,
    behaviour: false,
    heldGate: new Array<number>(parts.behaviour.experts).fill(1),
  }));
  const text = wants("text") ? await verdictsOf(parts.score, alone, signal) : null;
  const behaviour = wants("behaviour") ? await verdictsOf(parts.untitledScore, queries, signal) : null;
  return asked.map(({ question, candidates, plain, catalogue }, i): EvaluationCase => {
    const scores: Partial<Record<Mode, readonly number[]>> = { ...plain };
    const verdicts = hybrid?.[i];
    if (text !== null) scores.text = present(text[i], "verdicts of text");
    if (behaviour !== null) scores.behaviour = present(behaviour[i], "verdicts of behaviour");
    if (verdicts !== undefined) {
      const sasrec = present(plain.sasrec, "scores of SASRec");
      if (wants("hybrid")) scores.hybrid = verdicts;
      if (wants("fused"))
        scores.fused = verdicts.map((verdict, c) =>
          Math.fround(verdict + parts.beta * present(sasrec[c], "a SASRec score")),
        );
    }
    if (!wants("sasrec")) delete scores.sasrec;
    const rounded = Object.entries(scores).map(([mode, values]) => [mode, values.map(round)]);
    return {
      id: question.id,
      user: question.user,
      draw: question.draw,
      history: question.history.slice(-parts.recommenderItems),
      target: question.target,
      candidates: [...candidates],
      watched: watchedPlaces({ ...question, candidates }),
      scores: Object.fromEntries(rounded),
      catalogue,
    };
  });
}

interface Prepared {
  readonly question: Question;
  readonly candidates: readonly ItemId[];
  readonly query: SlateQuery;
  readonly plain: Partial<Record<Plain, readonly number[]>>;
  readonly catalogue: EvaluationCase["catalogue"];
}

function prepare(question: Question, parts: ScoringParts): Prepared {
  const { behaviour, popularity, recommenderItems } = parts;
  const history = question.history.slice(-recommenderItems).map(itemId);
  const state = behaviour.state(history);
  if (question.candidates !== null) {
    const candidates = question.candidates.map(itemId);
    const all = (scores: ArrayLike<number>) => candidates.map((item) => present(scores[item], "a score"));
    const plain: Partial<Record<Plain, readonly number[]>> = {
      sasrec: candidates.map((item) => behaviour.itemScore(state, item)),
    };
    if (parts.modes.includes("popularity")) plain.popularity = all(popularity);
    if (parts.modes.includes("knn")) plain.knn = all(present(parts.knn, "neighbours").scores(history));
    if (parts.modes.includes("markov")) plain.markov = all(present(parts.markov, "a chain").scores(history));
    return { question, candidates, query: { history, candidates }, plain, catalogue: null };
  }
  const seen = new Set(question.seen);
  const { target } = question;
  const isExcluded = (item: number) => item !== target && seen.has(item);
  const itemScores = behaviour.itemScores(state);
  const scoresOf: Record<Plain, () => ArrayLike<number>> = {
    popularity: () => popularity,
    knn: () => present(parts.knn, "neighbours").scores(history),
    markov: () => present(parts.markov, "a chain").scores(history),
    sasrec: () => itemScores,
  };
  // SASRec ranks what lies beyond its slate, whether it is asked for or not.
  const catalogue: Partial<Record<Plain, Standing>> = {};
  for (const mode of PLAIN)
    if (mode === "sasrec" || parts.modes.includes(mode))
      catalogue[mode] = standingOf(target, { scores: scoresOf[mode](), popularity, isExcluded }, TOP);
  const slate = bestItems({ scores: itemScores, popularity, isExcluded }, parts.slateSize).map(itemId);
  const plain = { sasrec: slate.map((item) => present(itemScores[item], "a score")) };
  return { question, candidates: slate, query: { history, candidates: slate }, plain, catalogue };
}

async function verdictsOf(
  score: ScoreFn,
  queries: readonly SlateQuery[],
  signal: AbortSignal | undefined,
): Promise<(readonly number[])[]> {
  return (await score(queries, signal)).map(({ verdict }) => verdict);
}

function round(value: number): number {
  return Number(value.toPrecision(DIGITS));
}
