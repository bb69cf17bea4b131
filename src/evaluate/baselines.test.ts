import { expect, test } from "vitest";
import type { RatedFilms } from "./interactions.ts";
import { ItemNeighbours, SHRINKAGE } from "./item-knn.ts";
import { BACK_OFF, MarkovChain } from "./markov.ts";

const kept = (id: string, ...items: number[]): RatedFilms => ({ id, items, kept: [...items.keys()] });
/** Film 4 is rated low, by one user, and nobody knows film 5. */
const users: RatedFilms[] = [
  kept("a", 0, 1, 2),
  kept("b", 0, 1),
  { id: "c", items: [0, 4, 2, 3], kept: [0, 2, 3] },
];

test("a neighbour's similarity is the shrunk cosine of who kept both", () => {
  const scores = new ItemNeighbours(users, 6).scores([0]);
  const similarity = (both: number, one: number, other: number) =>
    both / (Math.sqrt(one * other) + SHRINKAGE);
  const expected = [0, similarity(2, 3, 2), similarity(2, 3, 2), similarity(1, 3, 1), 0, 0];
  for (const [item, score] of scores.entries()) expect(score).toBeCloseTo(expected[item]!, 6);
});

test("the films of a history add up, and a film is no neighbour of itself", () => {
  const neighbours = new ItemNeighbours(users, 6);
  const [one, two, both] = [[0], [1], [0, 1]].map((history) => neighbours.scores(history));
  for (const item of both!.keys()) expect(both![item]).toBeCloseTo(one![item]! + two![item]!, 6);
  expect(neighbours.scores([3])[3]).toBe(0);
});

test("the next film's probability is counted and backed off to popularity", () => {
  const scores = new MarkovChain(users, 6).scores([3, 0]);
  // 0 was left three times, twice for 1 and once for 2; eight films were kept.
  const p = (count: number, popularity: number) => (count + (BACK_OFF * popularity) / 8) / (3 + BACK_OFF);
  const expected = [p(0, 3), p(2, 2), p(1, 2), p(0, 1), 0, 0];
  for (const [item, score] of scores.entries()) expect(score).toBeCloseTo(expected[item]!, 12);
  expect(scores.reduce((sum, score) => sum + score, 0)).toBeCloseTo(1, 12);
});

test("a film that nobody left gives popularity alone", () => {
  const scores = new MarkovChain(users, 6).scores([5]);
  expect([...scores]).toEqual([3 / 8, 2 / 8, 2 / 8, 1 / 8, 0, 0]);
});
