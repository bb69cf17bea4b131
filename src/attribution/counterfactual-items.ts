/** @file Films that could as well have been watched: what "another film instead" means in a replacement effect. */
import { FailureError } from "../core/failure.ts";
import type { ItemId } from "../core/ids.ts";
import { present } from "../core/invariant.ts";
import { seededRandom } from "../core/rng.ts";
import type { Film } from "../model/film.ts";
import { filmName } from "../model/film.ts";
import { shuffled } from "./shuffled.ts";

export const STAND_INS = 5;
/** Nearest in popularity that are looked at; of these, so many nearest in title length; of these, {@link STAND_INS} are drawn. */
const NEAR_IN_POPULARITY = 40;
const NEAR_IN_LENGTH = 10;

/** Draws the stand-ins of `item`, none of them in `excluded`. The same seed draws the same. */
export type StandInsFn = (item: ItemId, excluded: ReadonlySet<ItemId>, seed: number) => ItemId[];

/**
 * Stand-ins share no genre with the item, are of about its popularity (rank in the catalogue, equals sharing one) and have titles of
 * about its length in tokens, so that every other item keeps its place in the prompt, which taking out would shift. Chance decides between
 * equals. `tokensOf` is the length of an item's title in the prompt. Throws `bad-request` where no film qualifies.
 */
export function makeStandIns(films: readonly Film[], tokensOf: (item: ItemId) => number): StandInsFn {
  const ranks = popularityRanks(films);
  const rankOf = (item: ItemId) => present(ranks[item], `the rank of item ${item}`);
  return (item, excluded, seed) => {
    const film = present(films[item], `film ${item}`);
    // One stream for each item: what is drawn for one does not depend on which others are explained.
    const random = seededRandom(Math.imul(seed + 1, 0x9e3779b1) ^ item);
    const isOther = ({ id, genres }: Film) =>
      id !== item &&
      !excluded.has(id) &&
      // A film of no known genre cannot be said to be of another.
      (genres.length > 0 || film.genres.length === 0) &&
      !genres.some((genre) => film.genres.includes(genre));
    const others = shuffled(films.filter(isOther), random).map(({ id }) => id);
    if (others.length === 0)
      throw new FailureError({
        kind: "bad-request",
        reason: `no film of the catalogue could stand in for ${filmName(film)}`,
      });
    const near = nearest(others, NEAR_IN_POPULARITY, (other) => Math.abs(rankOf(other) - rankOf(item)));
    const alike = nearest(near, NEAR_IN_LENGTH, (other) => Math.abs(tokensOf(other) - tokensOf(item)));
    return shuffled(alike, random).slice(0, STAND_INS);
  };
}

/** The first of those at equal distance stay first. */
function nearest(items: readonly ItemId[], count: number, distance: (item: ItemId) => number): ItemId[] {
  return items
    .map((item) => ({ item, away: distance(item) }))
    .sort((a, b) => a.away - b.away)
    .slice(0, count)
    .map(({ item }) => item);
}

/** Rank of each film, 0 the most popular; equals share the mean of their ranks. */
function popularityRanks(films: readonly Film[]): number[] {
  const sorted = [...films].sort((a, b) => b.popularity - a.popularity);
  const ranks = new Array<number>(films.length).fill(0);
  for (let start = 0; start < sorted.length; ) {
    const { popularity } = present(sorted[start], "a film");
    let end = start;
    while (sorted[end]?.popularity === popularity) end++;
    for (const { id } of sorted.slice(start, end)) ranks[id] = (start + end - 1) / 2;
    start = end;
  }
  return ranks;
}
