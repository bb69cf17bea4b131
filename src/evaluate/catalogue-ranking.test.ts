import fc from "fast-check";
import { expect, test } from "vitest";
import { bestItems, standingOf } from "./catalogue-ranking.ts";

test("ties are settled by popularity, then by row; what is excluded has no place", () => {
  const scores = [1, 2, 1, 1, 3];
  const popularity = [5, 0, 9, 5, 0];
  const isExcluded = (item: number) => item === 4;
  expect(bestItems({ scores, popularity, isExcluded }, 4)).toEqual([1, 2, 0, 3]);
  expect(standingOf(3, { scores, popularity, isExcluded }, 2)).toEqual({ rank: 3, top: [1, 2] });
});

test("a target that the user knows already is ranked all the same", () => {
  const catalogue = { scores: [1, 2, 3], popularity: [0, 0, 0], isExcluded: (item: number) => item > 0 };
  expect(standingOf(2, catalogue, 3)).toEqual({ rank: 0, top: [2, 0] });
});

test("the rank is the place in the whole list", () => {
  const film = fc.tuple(fc.integer({ min: 0, max: 4 }), fc.integer({ min: 0, max: 2 }), fc.boolean());
  fc.assert(
    fc.property(fc.array(film, { minLength: 1, maxLength: 30 }), fc.nat(), (films, pick) => {
      const target = pick % films.length;
      const catalogue = {
        scores: films.map(([score]) => score),
        popularity: films.map(([, count]) => count),
        isExcluded: (item: number) => films[item]![2],
      };
      const { rank, top } = standingOf(target, catalogue, films.length);
      expect(top[rank]).toBe(target);
    }),
  );
});
