import { expect, test } from "vitest";
import fixture from "./fixtures/recbole-metrics.json" with { type: "json" };
import { hitRatio, itemCoverage, ndcg, overTies, reciprocalRank, tiedPlaces } from "./ranking.ts";

const MOST = Math.max(...fixture.cutoffs);
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
/** RecBole sees as much of a ranking as the largest cutoff shows. */
const users = fixture.users.map(({ ranking, relevant }) => ({
  places: ranking.slice(0, MOST).flatMap((item, place) => (relevant.includes(item) ? [place] : [])),
  relevant: relevant.length,
}));

test.for(Object.entries(fixture.metrics))("%s is RecBole's", ([name, expected]) => {
  const [metric = "", cutoff = ""] = name.split("@");
  const k = Number(cutoff);
  const lists = fixture.users.map(({ ranking }) => ranking.slice(0, MOST));
  const values: Record<string, () => number> = {
    hit: () => mean(users.map(({ places }) => hitRatio(places, k))),
    mrr: () => mean(users.map(({ places }) => reciprocalRank(places, k))),
    ndcg: () => mean(users.map(({ places, relevant }) => ndcg(places, k, relevant))),
    itemcoverage: () => itemCoverage(lists, k, fixture.items),
  };
  expect(Math.abs(values[metric]!() - expected)).toBeLessThan(1e-9);
});

test("a list without the target gives nothing", () => {
  expect([hitRatio([], 5), reciprocalRank([], 5), ndcg([], 5, 1)]).toEqual([0, 0, 0]);
});

test("nothing relevant is no question", () => {
  expect(() => ndcg([], 5)).toThrow(/relevant/);
});

test("equal scores stand in any order with equal chance", () => {
  const places = tiedPlaces([1, 2, 1, 1, 0], 0);
  expect(places).toEqual({ better: 1, equal: 3 });
  expect(overTies(places, (place) => hitRatio([place], 2))).toBeCloseTo(1 / 3, 12);
  expect(overTies(tiedPlaces([1, 1], 0), (place) => reciprocalRank([place], 2))).toBeCloseTo(0.75, 12);
});

test("excluded places are behind the target, whatever their scores; the target is never excluded", () => {
  expect(tiedPlaces([1, 5, 1], 0, [0, 1])).toEqual({ better: 0, equal: 2 });
});
