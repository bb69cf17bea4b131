import { expect, test } from "vitest";
import { itemId } from "../core/ids.ts";
import type { BehaviourModel } from "../engine/engine.ts";
import { rememberStates } from "./remembered-states.ts";

test("a history's state is computed once, another order's is another, and the rest is the model's own", () => {
  const asked: string[] = [];
  const model: BehaviourModel = {
    items: 9,
    experts: 2,
    nullBehaviour: Float32Array.of(1),
    state: (history) => {
      asked.push(history.join());
      return Float32Array.from(history);
    },
    gate: (state) => [...state],
    itemScores: (state) => state,
    itemScore: (_, item) => item,
    embed: (item) => Float32Array.of(item),
  };
  const remembered = rememberStates(model);
  const [one, two] = [itemId(1), itemId(2)];
  const states = [
    [one, two],
    [two, one],
    [one, two],
  ].map((history) => [...remembered.state(history)]);
  expect(states).toEqual([
    [1, 2],
    [2, 1],
    [1, 2],
  ]);
  expect(asked).toEqual(["1,2", "2,1"]);
  expect([remembered.items, remembered.experts, remembered.itemScore(Float32Array.of(0), two)]).toEqual([
    9, 2, 2,
  ]);
});
