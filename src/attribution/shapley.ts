/**
 * @file Shapley values: an item's mean marginal v(S and i) - v(S) over all orders in which the items could have come. They add up to
 * v(all) - v(none), and items that say the same thing share what they do together (Shapley 1953).
 */
import { FailureError } from "../core/failure.ts";
import { present } from "../core/invariant.ts";
import { seededRandom } from "../core/rng.ts";
import type { ScoreFn } from "../scores/score-fn.ts";
import { type Coalition, CoalitionValues, withItem } from "./coalitions.ts";
import type { EffectMatrix, EffectOptions, EffectQuestion, ItemEffects } from "./effect.ts";
import type { Scene } from "./intervention.ts";
import { shuffled } from "./shuffled.ts";
import { standardErrors } from "./standard-errors.ts";
import { differences, type Effects, weightedSum } from "./values.ts";

/** 1,024 coalitions. */
export const MOST_EXACT_ITEMS = 10;
export const DEFAULT_PAIRS = 32;
/** New coalitions that are worth a call of the model: estimates are told after every such batch. */
const BATCH = 64;

export interface ShapleyRequest extends Scene {
  readonly question: EffectQuestion;
}

/**
 * Over all 2^n coalitions: sum over S without i of |S|! (n - |S| - 1)! / n! (v(S and i) - v(S)). Progress counts coalitions; the rows
 * come with the last. Rejects with `bad-request` beyond {@link MOST_EXACT_ITEMS} items and with `cancelled` once the signal aborts.
 */
export async function exactShapley(
  { question, ...scene }: ShapleyRequest,
  score: ScoreFn,
  { signal, onProgress }: EffectOptions = {},
): Promise<EffectMatrix> {
  const values = new CoalitionValues(scene, question, score);
  const n = values.events.length;
  if (n > MOST_EXACT_ITEMS)
    throw new FailureError({
      kind: "bad-request",
      reason: `${n} films have 2^${n} coalitions, exact Shapley values are for at most ${MOST_EXACT_ITEMS}`,
    });
  const coalitions = Array.from({ length: 2 ** n }, (_, bits) =>
    n === 0 ? "" : bits.toString(2).padStart(n, "0"),
  );
  let answered = 0;
  await values.ask(coalitions, {
    signal,
    onAnswer: () => {
      answered++;
      if (answered < coalitions.length) onProgress?.({ rows: [], done: answered, total: coalitions.length });
    },
  });
  const weights = exactWeights(n);
  const matrix = matrixOf({ question, ...scene }, values, (place) => {
    const marginals = coalitions
      .filter((coalition) => coalition[place] === "0")
      .map((without) => {
        const size = without.replaceAll("0", "").length;
        return { weight: present(weights[size], "a weight"), without, joined: withItem(without, place) };
      });
    const sideOf = (side: "joined" | "without") =>
      weightedSum(marginals.map((marginal) => [marginal.weight, values.of(marginal[side])] as const));
    return differences(sideOf("joined"), sideOf("without"));
  });
  onProgress?.({ rows: matrix.rows, done: coalitions.length, total: coalitions.length });
  return matrix;
}

/** |S|! (n - |S| - 1)! / n! for |S| = 0 … n - 1: one order in n chooses the size, and all sets of a size are alike. */
function exactWeights(n: number): number[] {
  const weights: number[] = [];
  let setsOfSize = 1;
  for (let size = 0; size < n; size++) {
    weights.push(1 / (n * setsOfSize));
    setsOfSize = (setsOfSize * (n - 1 - size)) / (size + 1);
  }
  return weights;
}

export interface SampledShapleyRequest extends ShapleyRequest {
  readonly seed: number;
  /** Pairs of an order and its reverse. Default {@link DEFAULT_PAIRS}. */
  readonly pairs?: number;
}

/**
 * Over random orders, each with its reverse (antithetic pairs, Mitchell et al. 2022): whatever two items do together, one of the two orders
 * counts it for either, so that a model of items and pairs of items is exact after one pair. In every order the marginals telescope: the
 * effects add up to v(all) - v(none) at any number of pairs. The standard error is that of the mean over pairs, absent for one pair.
 *
 * Progress counts coalitions and brings all rows, as estimated so far, after every batch. Rejects with `cancelled` once the signal aborts.
 */
export async function sampledShapley(
  { seed, pairs = DEFAULT_PAIRS, question, ...scene }: SampledShapleyRequest,
  score: ScoreFn,
  { signal, onProgress }: EffectOptions = {},
): Promise<EffectMatrix> {
  if (!Number.isSafeInteger(pairs) || pairs < 1)
    throw new FailureError({ kind: "bad-request", reason: `${pairs} pairs of orders were to be drawn` });
  const values = new CoalitionValues(scene, question, score);
  const random = seededRandom(seed);
  const places = [...values.events.keys()];
  const drawn = Array.from({ length: pairs }, (): Pair => {
    const order = shuffled(places, random);
    return [chainOf(order), chainOf(order.toReversed())];
  });
  const total = new Set(drawn.flat(2)).size;
  let answered = 0;
  const onAnswer = () => {
    answered++;
    onProgress?.({ rows: [], done: Math.min(answered, total - 1), total });
  };
  const estimate = (known: readonly Pair[]) =>
    matrixOf({ question, ...scene }, values, (place) =>
      meanEffects(known.map((pair) => meanMarginal(pair, place, values))),
    );
  let known = 0;
  for (let next = 1; next <= pairs; next++) {
    const batch = drawn.slice(known, next).flat(2);
    if (next < pairs && values.unknown(batch).length < BATCH) continue;
    await values.ask(batch, { signal, onAnswer });
    known = next;
    if (next < pairs) onProgress?.({ rows: estimate(drawn.slice(0, known)).rows, done: answered, total });
  }
  const matrix = { ...estimate(drawn), seed, pairs };
  onProgress?.({ rows: matrix.rows, done: total, total });
  return matrix;
}

/** The coalitions on the way from none to all, n + 1 in each of two opposite orders. */
type Pair = readonly [readonly Coalition[], readonly Coalition[]];

function chainOf(order: readonly number[]): Coalition[] {
  const chain = ["0".repeat(order.length)];
  for (const place of order) chain.push(withItem(present(chain.at(-1), "a coalition"), place));
  return chain;
}

/** (marginal in the order + marginal in its reverse) / 2. */
function meanMarginal(pair: Pair, place: number, values: CoalitionValues): Effects {
  const sideOf = (stepsBack: 0 | 1) =>
    weightedSum(
      pair.map((chain) => {
        const joined = chain.findIndex((coalition) => coalition[place] === "1");
        return [1 / 2, values.of(present(chain[joined - stepsBack], "a coalition"))] as const;
      }),
    );
  return differences(sideOf(0), sideOf(1));
}

function meanEffects(draws: readonly Effects[]): Effects & Pick<ItemEffects, "standardError"> {
  const mean = (key: keyof Effects) =>
    present(draws[0], "a draw")[key].map(
      (_, c) => draws.reduce((sum, draw) => sum + present(draw[key][c], "an effect"), 0) / draws.length,
    );
  const errors = standardErrors(draws.map(({ deltaNats }) => deltaNats));
  return {
    deltaNats: mean("deltaNats"),
    deltaShown: mean("deltaShown"),
    deltaProbability: mean("deltaProbability"),
    ...(errors === null ? {} : { standardError: errors }),
  };
}

function matrixOf(
  { question, history, candidates }: ShapleyRequest,
  values: CoalitionValues,
  effectsOf: (place: number) => Omit<ItemEffects, "event" | "item">,
): EffectMatrix {
  return {
    method: "shapley",
    question,
    history,
    candidates,
    fullVerdict: values.of(values.all).verdict,
    rows: values.events.map((event, place) => ({
      event,
      item: present(history[event], `item ${event}`),
      ...effectsOf(place),
    })),
    forwardPasses: values.asked,
  };
}
