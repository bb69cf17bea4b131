/** @file One ranking of the whole catalogue: by score, ties by popularity, then by row. */
import { present } from "../core/invariant.ts";
import type { Standing } from "./result-file.ts";

export interface CatalogueScores {
  /** [items] */
  readonly scores: ArrayLike<number>;
  /** [items] */
  readonly popularity: ArrayLike<number>;
  /** What cannot be recommended: true for a row that the user knows. */
  isExcluded(item: number): boolean;
}

/** The best `count` films, best first. */
export function bestItems({ scores, popularity, isExcluded }: CatalogueScores, count: number): number[] {
  const best: number[] = [];
  for (let item = 0; item < scores.length; item++) {
    if (isExcluded(item)) continue;
    const last = best[count - 1];
    if (last !== undefined && !standsBefore(item, last, scores, popularity)) continue;
    let at = best.length;
    while (at > 0 && standsBefore(item, present(best[at - 1], "a film"), scores, popularity)) at--;
    best.splice(at, 0, item);
    if (best.length > count) best.pop();
  }
  return best;
}

/** The target's rank, from 0, and the best `top`. The target is ranked even if it is excluded. */
export function standingOf(target: number, catalogue: CatalogueScores, top: number): Standing {
  const withTarget = {
    ...catalogue,
    isExcluded: (item: number) => item !== target && catalogue.isExcluded(item),
  };
  let rank = 0;
  for (let item = 0; item < catalogue.scores.length; item++)
    if (
      item !== target &&
      standsBefore(item, target, catalogue.scores, catalogue.popularity) &&
      !catalogue.isExcluded(item)
    )
      rank++;
  return { rank, top: bestItems(withTarget, top) };
}

function standsBefore(
  item: number,
  other: number,
  scores: ArrayLike<number>,
  popularity: ArrayLike<number>,
): boolean {
  const difference = (scores[item] ?? 0) - (scores[other] ?? 0);
  if (difference !== 0) return difference > 0;
  const known = (popularity[item] ?? 0) - (popularity[other] ?? 0);
  return known !== 0 ? known > 0 : item < other;
}
