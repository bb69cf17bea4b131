/**
 * @file Ranking metrics of one ranked list, as RecBole 1.2.1 defines them (Zhao et al. 2021). `places` are where the relevant items stand,
 * from 0 and ascending; one that was not ranked is left out, and counted in `relevant`.
 */
import { invariant } from "../core/invariant.ts";

/** HR@k: 1 if any relevant item is among the first k, else 0. */
export function hitRatio(places: readonly number[], k: number): number {
  return (places[0] ?? Number.POSITIVE_INFINITY) < k ? 1 : 0;
}

/** MRR@k: 1 / (place + 1) of the first relevant item if it is among the first k, else 0. */
export function reciprocalRank(places: readonly number[], k: number): number {
  const first = places[0] ?? Number.POSITIVE_INFINITY;
  return first < k ? 1 / (first + 1) : 0;
}

/** NDCG@k: sum of 1 / log2(place + 2) over relevant items among the first k, over the most that `relevant` items can give. */
export function ndcg(places: readonly number[], k: number, relevant: number = places.length): number {
  invariant(
    relevant >= Math.max(1, places.length),
    `${relevant} relevant items with ${places.length} places`,
  );
  let gain = 0;
  for (const place of places) if (place < k) gain += 1 / Math.log2(place + 2);
  let most = 0;
  for (let place = 0; place < Math.min(relevant, k); place++) most += 1 / Math.log2(place + 2);
  return gain / most;
}

/** Different items among the first k of all lists, over the items that there are (RecBole's ItemCoverage). */
export function itemCoverage(lists: readonly (readonly number[])[], k: number, items: number): number {
  return new Set(lists.flatMap((list) => list.slice(0, k))).size / items;
}

/** The places that the target may take where equal scores are in random order. */
export interface TiedPlaces {
  /** Scores above the target's. */
  readonly better: number;
  /** Scores equal to the target's, its own included. */
  readonly equal: number;
}

/** Where `scores[target]` stands; `excluded` places are ranked last, whatever their scores. */
export function tiedPlaces(
  scores: readonly number[],
  target: number,
  excluded: readonly number[] = [],
): TiedPlaces {
  const own = scores[target];
  invariant(own !== undefined, `a target at ${target} of ${scores.length} scores`);
  let better = 0;
  let equal = 0;
  for (const [place, score] of scores.entries()) {
    if (place !== target && excluded.includes(place)) continue;
    if (score > own) better++;
    else if (score === own) equal++;
  }
  return { better, equal };
}

/** Mean of a metric over the places that the target may take. */
export function overTies({ better, equal }: TiedPlaces, metric: (place: number) => number): number {
  let sum = 0;
  for (let i = 0; i < equal; i++) sum += metric(better + i);
  return sum / equal;
}
