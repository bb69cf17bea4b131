/** @file From windows to the questions that are asked: which candidates stand beside each target. */
import { seededRandom } from "../core/rng.ts";
import { drawNegatives } from "./candidate-draw.ts";
import type { NegativeRule } from "./result-file.ts";

/** Of a drawn question, the target included. */
export const CANDIDATES = 20;

/** One question to every mode. Films are rows of the catalogue. */
export interface Question {
  readonly id: string;
  readonly user: string;
  readonly draw: number;
  /** Kept films before the target, oldest first. */
  readonly history: readonly number[];
  readonly target: number;
  /** Films rated before the target, kept or not. */
  readonly seen: readonly number[];
  /** Null: the whole catalogue. */
  readonly candidates: readonly number[] | null;
}

export interface DrawSettings {
  readonly draws: number;
  readonly negatives: NegativeRule;
  readonly promptItems: number;
  /** Films of the catalogue. */
  readonly items: number;
}

/** The question with its target and drawn films as candidates, once per draw. `window` is the number that decides the draw. */
export function drawQuestions(
  question: Question,
  window: number,
  { draws, negatives, promptItems, items }: DrawSettings,
): Question[] {
  const { history, seen, target } = question;
  const excluded = new Set(negatives === "never-rated-before" ? seen : history.slice(-promptItems));
  excluded.add(target);
  const isExcluded = (item: number) => excluded.has(item);
  return Array.from({ length: draws }, (_, draw) => {
    const drawn = drawNegatives({ window, draw, items, negatives: CANDIDATES - 1, isExcluded });
    return { ...question, draw, candidates: [target, ...drawn] };
  });
}

/** Places of candidates that the user had rated before, the target's aside. */
export function watchedPlaces({ seen, target, candidates }: Question): number[] {
  const rated = new Set(seen);
  return [...(candidates ?? []).entries()]
    .filter(([, item]) => item !== target && rated.has(item))
    .map(([place]) => place);
}

/** `count` of them at random, in their order; all where there are no more. */
export function sample<Value>(values: readonly Value[], count: number, seed: number): Value[] {
  if (count >= values.length) return [...values];
  const random = seededRandom(seed);
  const places = [...values.keys()];
  // The first steps of a Fisher-Yates shuffle.
  for (let i = 0; i < count; i++) {
    const other = i + Math.floor(random() * (places.length - i));
    [places[i], places[other]] = [places[other] ?? 0, places[i] ?? 0];
  }
  const chosen = new Set(places.slice(0, count));
  return values.filter((_, place) => chosen.has(place));
}
