/**
 * @file How well an order of items by importance fits what the model does: curves of the verdict as items are taken out or put in one after
 * the other (deletion and insertion, Petsiuk et al. 2018), and ERASER's comprehensiveness and sufficiency (DeYoung et al. 2020).
 */
import type { ItemId } from "../core/ids.ts";
import { present } from "../core/invariant.ts";
import { seededRandom } from "../core/rng.ts";
import type { ScoreFn, SlateQuery } from "../scores/score-fn.ts";
import type { EffectMatrix, EffectQuestion } from "./effect.ts";
import { ask } from "./intervene.ts";
import { applyInterventions, explainedEvents, type Scene } from "./intervention.ts";
import { shuffled } from "./shuffled.ts";

export interface FaithfulnessFigures {
  /** Mean height of the deletion curve (trapezoids over the share of items taken out, most important first). Lower is better. */
  readonly deletionAuc: number;
  /** Mean height of the insertion curve. Higher is better. */
  readonly insertionAuc: number;
  /** v(all) - v(all without the top k), mean over ERASER's shares that are an item or more: 10, 20 and 50 %. Higher is better. */
  readonly comprehensiveness: number;
  /** v(all) - v(the top k alone), mean over the same shares. Lower is better. */
  readonly sufficiency: number;
}

export interface Faithfulness {
  readonly candidate: ItemId;
  /** v, nats, after taking out the first 0, 1, … n of the order: from v(all) to v(none). */
  readonly deletionCurve: readonly number[];
  /** v, nats, with the first 0, 1, … n of the order alone: from v(none) to v(all). */
  readonly insertionCurve: readonly number[];
  /** In nats of verdict log-odds; the areas are heights above 0 nats and say nothing across candidates. */
  readonly nats: FaithfulnessFigures;
  /**
   * As shares of v(all) - v(none), areas counted from v(none): comparable between candidates and models (raw sums are not, NAOPC,
   * arXiv 2408.08137). Null where that difference is below {@link LEAST_WHOLE}: where the history as a whole does nothing
   * or speaks against the candidate, a share of it means nothing.
   */
  readonly normalised: FaithfulnessFigures | null;
}

/** Nats. A tenth is a change of 10 % in the odds and a thousand times the engine's rounding. */
export const LEAST_WHOLE = 0.1;

const SHARES = [0.1, 0.2, 0.5];

export interface FaithfulnessOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** For each candidate of the map, by its own column's order. Rejects with `cancelled` once the signal aborts. */
export function faithfulness(
  scene: Scene,
  { question, rows, candidates }: EffectMatrix,
  score: ScoreFn,
  options: FaithfulnessOptions = {},
): Promise<Faithfulness[]> {
  const orders = candidates.map((_, c) => {
    const effect = (row: number) => present(rows[row]?.deltaNats[c], "an effect");
    return [...rows.keys()].sort((a, b) => effect(b) - effect(a));
  });
  return faithfulnessOfOrders({ ...scene, candidates }, question, orders, score, options);
}

/** Orders of chance, one for each candidate: what faithfulness is compared with. */
export function randomOrders(scene: Scene, seed: number): number[][] {
  const random = seededRandom(seed);
  const places = [...explainedEvents(scene).keys()];
  return scene.candidates.map(() => shuffled(places, random));
}

/** `orders[c]` lists the explained items by place, 0 the oldest, most important for candidate c first. */
export async function faithfulnessOfOrders(
  scene: Scene,
  question: EffectQuestion,
  orders: readonly (readonly number[])[],
  score: ScoreFn,
  { signal, onProgress }: FaithfulnessOptions = {},
): Promise<Faithfulness[]> {
  const events = explainedEvents(scene);
  const n = events.length;
  const without = (places: readonly number[], candidates: readonly ItemId[]): SlateQuery =>
    applyInterventions({ ...scene, candidates }, [
      { kind: "remove", events: places.map((place) => present(events[place], "an event")) },
      ...(question === "prompt-only" ? ([{ kind: "hold-gate" }] as const) : []),
    ]);
  // The ends of all curves are the same two questions; between them each candidate has its own.
  const queries = [without([], scene.candidates), without([...events.keys()], scene.candidates)];
  const starts = scene.candidates.map((candidate, c) => {
    const order = present(orders[c], `the order for candidate ${c}`);
    const start = queries.length;
    for (let k = 1; k < n; k++) {
      queries.push(without(order.slice(0, k), [candidate]), without(order.slice(k), [candidate]));
    }
    return start;
  });
  const answers = await ask(queries, score, {
    signal,
    onAnswer: (index) => onProgress?.(index + 1, queries.length),
  });
  return scene.candidates.map((candidate, c) => {
    const end = (query: 0 | 1) => present(answers[query]?.verdict[c], "a verdict");
    const [all, none] = [end(0), n === 0 ? end(0) : end(1)];
    const between = (side: 0 | 1) =>
      Array.from({ length: Math.max(0, n - 1) }, (_, k) =>
        present(answers[present(starts[c], "a start") + 2 * k + side]?.verdict[0], "a verdict"),
      );
    const deletionCurve = n === 0 ? [all] : [all, ...between(0), none];
    const insertionCurve = n === 0 ? [all] : [none, ...between(1), all];
    const nats = figures(deletionCurve, insertionCurve);
    const whole = all - none;
    return {
      candidate,
      deletionCurve,
      insertionCurve,
      nats,
      normalised:
        whole < LEAST_WHOLE
          ? null
          : {
              deletionAuc: (nats.deletionAuc - none) / whole,
              insertionAuc: (nats.insertionAuc - none) / whole,
              comprehensiveness: nats.comprehensiveness / whole,
              sufficiency: nats.sufficiency / whole,
            },
    };
  });
}

function figures(deletion: readonly number[], insertion: readonly number[]): FaithfulnessFigures {
  const n = deletion.length - 1;
  const all = present(deletion[0], "v(all)");
  const sizes = [...new Set(SHARES.map((share) => Math.ceil(share * n)))];
  const lost = (curve: readonly number[]) => mean(sizes.map((k) => all - present(curve[k], `v at ${k}`)));
  return {
    deletionAuc: meanHeight(deletion),
    insertionAuc: meanHeight(insertion),
    comprehensiveness: lost(deletion),
    sufficiency: lost(insertion),
  };
}

function meanHeight(curve: readonly number[]): number {
  if (curve.length === 1) return present(curve[0], "the only height");
  const middles = curve.slice(1).map((value, k) => (value + present(curve[k], "a height")) / 2);
  return mean(middles);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
