import { expect, test } from "vitest";
import { itemId } from "../core/ids.ts";
import type { RankedItem } from "./recommend.ts";
import { rankByTaste } from "./taste-ranking.ts";

const film = (item: number, shown: number): RankedItem => ({
  item: itemId(item),
  verdict: shown,
  sasrec: 0,
  shown,
  probability: 0.1,
  sasrecRank: 1,
});
const slate = [film(4, 2), film(7, 1), film(9, 0.5)];

test("films stand by score plus taste, each with what the taste says of it", () => {
  const tastes = new Map([
    [4, -1],
    [7, 0.5],
    [9, 1.5],
  ]);
  const ranked = rankByTaste(slate, (item) => tastes.get(item)!);
  expect(ranked.map(({ item, taste }) => [item, taste])).toEqual([
    [9, 1.5],
    [7, 0.5],
    [4, -1],
  ]);
});

test("a taste that says the same of all changes nothing", () => {
  expect(rankByTaste(slate, () => 3).map(({ item }) => item)).toEqual([4, 7, 9]);
});
