import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FailureError } from "../core/failure.ts";
import { type ItemId, itemId } from "../core/ids.ts";
import { seededRandom } from "../core/rng.ts";
import type { Film } from "../model/film.ts";
import { makeStandIns } from "./counterfactual-items.ts";
import { items } from "./toy-fixture.ts";

const GENRES = ["Drama", "Comedy", "Horror", "War", "Crime", "Western", "Musical", "Mystery"];

/** Half of the films share their popularity with many others, as in any catalogue. */
function makeFilms(count: number): Film[] {
  const random = seededRandom(5);
  return Array.from({ length: count }, (_, id) => ({
    id: itemId(id),
    movieId: id,
    title: `film ${id}`,
    year: null,
    genres: GENRES.filter(() => random() < 0.2),
    popularity: id % 2 === 0 ? 3 : Math.floor(1000 * random()),
  }));
}
const films = makeFilms(2000);
const tokensOf = (item: ItemId) => 3 + ((item * 7) % 11);
const standIns = makeStandIns(films, tokensOf);
const film = (item: ItemId) => films[item]!;

describe("stand-ins", () => {
  const anyItem = fc.nat(films.length - 1).map(itemId);

  test("are five different films of another genre, none of them excluded", () => {
    fc.assert(
      fc.property(anyItem, fc.array(anyItem, { maxLength: 30 }), fc.nat(), (item, excluded, seed) => {
        const drawn = standIns(item, new Set(excluded), seed);
        expect(new Set(drawn).size).toBe(5);
        for (const other of drawn) {
          expect(other === item || excluded.includes(other)).toBe(false);
          expect(film(other).genres.some((genre) => film(item).genres.includes(genre))).toBe(false);
          if (film(item).genres.length > 0) expect(film(other).genres).not.toEqual([]);
        }
      }),
      { numRuns: 50 },
    );
  });

  test("are as popular as the film, as near as other genres allow", () => {
    const byPopularity = [...films].sort((a, b) => b.popularity - a.popularity);
    for (const item of items(1, 77, 501, 1999)) {
      const rank = byPopularity.findIndex(({ id }) => id === item);
      const near = new Set(byPopularity.slice(Math.max(0, rank - 400), rank + 400).map(({ id }) => id));
      const drawn = standIns(item, new Set(), 1);
      if (film(item).popularity !== 3) expect(drawn.filter((other) => !near.has(other))).toEqual([]);
    }
    for (const other of standIns(itemId(2), new Set(), 1)) expect(film(other).popularity).toBe(3);
  });

  test("have titles of about its length", () => {
    for (const item of items(10, 20, 30, 40))
      for (const other of standIns(item, new Set(), 3))
        expect(Math.abs(tokensOf(other) - tokensOf(item))).toBeLessThanOrEqual(2);
  });

  test("are repeated by their seed and not by another", () => {
    expect(standIns(itemId(7), new Set(), 1)).toEqual(standIns(itemId(7), new Set(), 1));
    expect(standIns(itemId(7), new Set(), 1)).not.toEqual(standIns(itemId(7), new Set(), 2));
  });

  test("are fewer where the catalogue has no more, and a failure where it has none", () => {
    const few = makeStandIns(
      [["War"], ["War", "Drama"], ["Drama"], []].map((genres, id) => ({ ...film(itemId(id)), genres })),
      tokensOf,
    );
    expect(few(itemId(0), new Set(), 1)).toEqual([2]);
    const none = () => few(itemId(0), new Set(items(2)), 1);
    expect(none).toThrow(FailureError);
    expect(none).toThrow(/film 0/);
  });
});
