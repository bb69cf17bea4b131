import { describe, expect, test } from "vitest";
import type { SlateQuery } from "../scores/score-fn.ts";
import { channelEffects, type ItemChannels } from "./channels.ts";
import { sceneOf, sum, type Toy, toyScore } from "./toy-fixture.ts";

/** v = 1 + for each item: its T by text, B by behaviour, and I where it has both. Candidate c counts c times. */
const known: Record<number, { T: number; B: number; I: number }> = {
  4: { T: 2, B: 0, I: 0 },
  1: { T: 0, B: -3, I: 0 },
  5: { T: 1, B: 0.5, I: -0.5 },
};
const toy: Toy = {
  verdict: (prompt, candidate) =>
    1 +
    candidate *
      sum(
        prompt.map(({ item, text, behaviour }) => {
          const { T, B, I } = known[item]!;
          return (text ? T : 0) + (behaviour ? B : 0) + (text && behaviour ? I : 0);
        }),
      ),
};
const scene = sceneOf([4, 1, 5], [1, 2]);

test("text, behaviour and interaction are those that were built in", async () => {
  const { items, candidates, forwardPasses } = await channelEffects(scene, toyScore(toy));
  expect(candidates).toEqual(scene.candidates);
  expect(forwardPasses).toBe(13);
  expect(items.map(({ event, item }) => [event, item])).toEqual([
    [0, 4],
    [1, 1],
    [2, 5],
  ]);
  for (const { item, text, behaviour, interaction } of items)
    for (const [c, candidate] of [1, 2].entries()) {
      const { T, B, I } = known[item]!;
      // What needs both channels is lost with either.
      expect(text[c]).toBeCloseTo(candidate * (T + I), 9);
      expect(behaviour[c]).toBeCloseTo(candidate * (B + I), 9);
      expect(interaction[c]).toBeCloseTo(candidate * I, 9);
    }
});

test("the four values are of the channels they are named after, and T + B - I is all there is", async () => {
  const { items } = await channelEffects(scene, toyScore(toy));
  const { v11, v10, v01, v00, text, behaviour, interaction } = items[2]!;
  const rest = 1 + 2 - 3;
  expect([v11[0], v10[0], v01[0], v00[0]]).toEqual([rest + 1, rest + 1, rest + 0.5, rest]);
  expect(text[0]! + behaviour[0]! - interaction[0]!).toBeCloseTo(v11[0]! - v00[0]!, 12);
});

test("the whole history is muted at once", async () => {
  const { whole } = await channelEffects(scene, toyScore(toy));
  expect(whole.text[0]).toBeCloseTo(2 + 0 + 0.5, 9);
  expect(whole.behaviour[0]).toBeCloseTo(0 - 3 + 0, 9);
  expect(whole.interaction[0]).toBeCloseTo(-0.5, 9);
  expect(whole.v00).toEqual([1, 1]);
});

test("nothing is taken out: history, prompt and gate are those of the page, and older items are not muted", async () => {
  const asked: SlateQuery[] = [];
  const older = sceneOf([9, 8, 4, 1, 5], [1], { promptItems: 3 });
  await channelEffects(older, toyScore(toy, asked));
  expect(asked).toHaveLength(13);
  for (const { history, promptItems, gateHistory, mutedText = [], mutedBehaviour = [] } of asked) {
    expect({ history, promptItems, gateHistory }).toEqual({ history: older.history, promptItems: 3 });
    expect(Math.min(...mutedText, ...mutedBehaviour, 2)).toBe(2);
  }
});

describe("items", () => {
  test("arrive one by one", async () => {
    const asked: SlateQuery[] = [];
    const heard: [ItemChannels, number, number, number][] = [];
    const { items } = await channelEffects(scene, toyScore(toy, asked), {
      onItem: (item, done, total) => heard.push([item, done, total, asked.length]),
    });
    expect(heard).toEqual(items.map((item, i) => [item, i + 1, 3, 4 + 3 * i]));
  });
  test("of an empty history are none", async () => {
    const { items, whole } = await channelEffects(sceneOf([], [1]), toyScore(toy));
    expect(items).toEqual([]);
    expect(whole).toMatchObject({ v11: [1], text: [0], behaviour: [0], interaction: [0] });
  });
});
