/** How much work Shapley values are worth: a first estimate, a better one, or all combinations. */
export type ShapleyEffort = "first" | "more" | "exact";

/** Combinations up to which nothing is estimated: that many cost hardly more than a first estimate of ten films. */
const FEW_COMBINATIONS = 64;
const PAIRS = { first: 4, more: 16 } as const;

/** Pairs of orders to draw for so many explained films; null: all combinations, exactly. */
export function pairsFor(effort: ShapleyEffort, films: number): number | null {
  return effort === "exact" || 2 ** films <= FEW_COMBINATIONS ? null : PAIRS[effort];
}
