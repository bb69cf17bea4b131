/** @file A slate ranked by the pack's score and a taste together. */
import type { RankedItem } from "./recommend.ts";

/** Nats of taste per nat of the pack's score: the scales are the same, and no better weight has been measured for the language model. */
export const TASTE_WEIGHT = 1;

export interface RankedByTaste extends RankedItem {
  /** u · φ, nats. Only differences between films mean anything. */
  readonly taste: number;
}

/** Films in the order of shown score + {@link TASTE_WEIGHT} · taste, best first; equal ones stay as they stood. */
export function rankByTaste(
  ranked: readonly RankedItem[],
  tasteOf: (item: RankedItem["item"]) => number,
): readonly RankedByTaste[] {
  const total = ({ shown, taste }: RankedByTaste) => shown + TASTE_WEIGHT * taste;
  return ranked.map((each) => ({ ...each, taste: tasteOf(each.item) })).sort((a, b) => total(b) - total(a));
}
