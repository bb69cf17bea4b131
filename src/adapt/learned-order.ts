/** @file What a version in force does to a slate: s_theta = s_0 + delta_theta, s_0 being the shown scores. */
import type { RankedItem } from "../scores/recommend.ts";
import type { FilmFeatures } from "./film-features.ts";
import { linearHead } from "./head.ts";

/** A version in force, ready to be applied. */
export interface LearnedPolicy {
  /** From 1 up. */
  readonly version: number;
  /** [features.width] */
  readonly theta: Float64Array;
  readonly features: FilmFeatures;
}

/** s_theta over the slate, nats; s_0 itself where nothing learned is in force. */
export function learnedScores(slate: readonly RankedItem[], learned: LearnedPolicy | null): Float64Array {
  const scores = Float64Array.from(slate, ({ shown }) => shown);
  if (learned === null) return scores;
  const { theta, features } = learned;
  const shifts = new Float64Array(slate.length);
  linearHead(features.width).shift(theta, features.of(slate.map(({ item }) => item)), shifts);
  return scores.map((score, place) => score + (shifts[place] as number));
}

/** The slate by s_theta, highest first; equals stay in their order. The films themselves, with all the model said of them, stay as they are. */
export function learnedOrder(
  slate: readonly RankedItem[],
  learned: LearnedPolicy | null,
): readonly RankedItem[] {
  if (learned === null) return slate;
  const scores = learnedScores(slate, learned);
  return [...slate.keys()]
    .sort((a, b) => (scores[b] as number) - (scores[a] as number) || a - b)
    .map((place) => slate[place] as RankedItem);
}
