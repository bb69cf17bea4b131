import { beforeAll, describe, expect, test } from "vitest";
import { type ItemId, itemId } from "../../core/ids.ts";
import { readLlamaConfig } from "../../model/llama-config.ts";
import type { BehaviourModel } from "../engine.ts";
import { type EngineFixture, goldenTensor } from "../engine-fixture.ts";
import { readNodeFixture } from "../node-fixture.ts";
import { worstDifference } from "../ops/op-suite.ts";
import { readBehaviourModel } from "./behaviour-model.ts";
import { gelu } from "./dense.ts";

let fixture: EngineFixture;
let behaviour: BehaviourModel;

beforeAll(async () => {
  fixture = await readNodeFixture();
  behaviour = readBehaviourModel(fixture.pack, readLlamaConfig(fixture.gguf).width);
}, 60_000);

describe("parity with PyTorch", () => {
  test("state, gate and behaviour slots of the golden prompt", () => {
    const { inputs } = fixture.blocks;
    const state = behaviour.state(inputs.history.map(itemId));
    expect(worstDifference(state, goldenTensor(fixture.blocks, "sasrec_state").values)).toBeLessThan(1e-4);
    const gate = behaviour.gate(state);
    expect(worstDifference(gate, goldenTensor(fixture.blocks, "gate").values)).toBeLessThan(1e-4);
    const { values } = goldenTensor(fixture.blocks, "input_embeddings");
    const width = behaviour.nullBehaviour.length;
    const slots = inputs.behaviour.flatMap((item, row) => (item < 0 ? [] : [{ item, row }]));
    expect(slots.length).toBeGreaterThan(0);
    for (const { item, row } of slots)
      expect(
        worstDifference(behaviour.embed(itemId(item)), values.subarray(row * width, (row + 1) * width)),
      ).toBeLessThan(1e-4);
  });

  test("the gate of every golden slate", () => {
    for (const { history, gate } of fixture.slates)
      expect(worstDifference(behaviour.gate(behaviour.state(history.map(itemId))), gate)).toBeLessThan(1e-4);
  });
});

describe("state", () => {
  const items = (length: number): ItemId[] => Array.from({ length }, (_, i) => itemId(7 * i + 3));

  test("of an empty history is zero, its scores are zero, and its gate is the bias's", () => {
    const state = behaviour.state([]);
    expect([...state].every((value) => value === 0)).toBe(true);
    expect([...behaviour.itemScores(state)].every((value) => value === 0)).toBe(true);
    expect(behaviour.gate(state).reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(behaviour.experts, 9);
  });

  test("sees the last maxLength items only", () => {
    const { maxLength } = fixture.pack.manifest.sasrec;
    const long = items(maxLength + 20);
    expect(behaviour.state(long)).toEqual(behaviour.state(long.slice(-maxLength)));
    expect(behaviour.state(long)).not.toEqual(behaviour.state(long.slice(0, maxLength)));
  });

  test("depends on the order", () => {
    expect(worstDifference(behaviour.state(items(5)), behaviour.state(items(5).reverse()))).toBeGreaterThan(
      1e-3,
    );
  });

  test("an item beyond the catalogue is a bug", () => {
    expect(() => behaviour.state([itemId(behaviour.items)])).toThrow("of a catalogue of");
  });
});

test("scores are the state's product with every item, once", () => {
  const state = behaviour.state([itemId(1), itemId(2)]);
  const scores = behaviour.itemScores(state);
  expect(scores.length).toBe(behaviour.items);
  const doubled = behaviour.itemScores(state.map((value) => 2 * value));
  expect(
    worstDifference(
      doubled,
      scores.map((value) => 2 * value),
    ),
  ).toBeLessThan(1e-4);
});

test("GELU is the tanh form", () => {
  // torch.nn.functional.gelu(x, approximate="tanh") in f64; the exact form differs from the fourth digit on.
  expect(gelu(1)).toBeCloseTo(0.8411919906082768, 12);
  expect(gelu(-0.5)).toBeCloseTo(-0.15428599017485606, 12);
  expect(gelu(3)).toBeCloseTo(2.996362607918227, 12);
});
