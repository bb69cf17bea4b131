import { describe, expect, test } from "vitest";
import { FailureError } from "../core/failure.ts";
import { eventIndex, itemId } from "../core/ids.ts";
import { additive, BETA, items, sceneOf, sum, toyScore, weight } from "./toy-fixture.ts";
import { whatIf } from "./what-if.ts";

const shown = (history: readonly number[], candidate: number) =>
  1 +
  sum(
    items(...history).map((item) => weight(item, itemId(candidate)) + BETA * weight(itemId(candidate), item)),
  );

test("what another film would have changed is what the page would show", async () => {
  const { before, after, pushedOut, forwardPasses } = await whatIf(
    sceneOf([4, 1], [2, 3, 7]),
    itemId(6),
    toyScore(additive),
  );
  expect({ pushedOut, forwardPasses }).toEqual({ pushedOut: null, forwardPasses: 2 });
  for (const [standings, history] of [
    [before, [4, 1]],
    [after, [4, 1, 6]],
  ] as const) {
    expect(standings.map(({ item }) => item)).toEqual([2, 3, 7]);
    const scores = [2, 3, 7].map((candidate) => shown(history, candidate));
    for (const [c, standing] of standings.entries()) {
      expect(standing.shown).toBeCloseTo(scores[c]!, 9);
      expect(standing.rank).toBe(1 + scores.filter((score) => score > scores[c]!).length);
    }
    expect(sum(standings.map(({ probability }) => probability))).toBeCloseTo(1, 12);
  }
});

test("equals keep the order they were listed in", async () => {
  const { before } = await whatIf(sceneOf([4], [7, 7, 7]), itemId(6), toyScore(additive));
  expect(before.map(({ rank }) => rank)).toEqual([1, 2, 3]);
});

describe("a full prompt", () => {
  test("loses its oldest film to it, and says which", async () => {
    const scene = sceneOf([9, 4, 1], [2], { promptItems: 2 });
    const { after, pushedOut } = await whatIf(scene, itemId(6), toyScore(additive));
    expect(pushedOut).toBe(eventIndex(1));
    expect(after[0]?.verdict).toBeCloseTo(1 + weight(itemId(1), itemId(2)) + weight(itemId(6), itemId(2)), 9);
  });
});

test("a candidate that is watched is no candidate any more", async () => {
  const { before, after } = await whatIf(sceneOf([4, 1], [2, 6]), itemId(6), toyScore(additive));
  for (const standings of [before, after]) expect(standings).toMatchObject([{ item: 2, rank: 1 }]);
});

test.for([
  ["a film of the history", 4],
  ["the only candidate", 2],
] as const)("%s is refused", async ([, item]) => {
  const refused = whatIf(sceneOf([4, 1], [2]), itemId(item), toyScore(additive));
  await expect(refused).rejects.toThrow(FailureError);
});
