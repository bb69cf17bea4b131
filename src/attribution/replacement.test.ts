import { describe, expect, test } from "vitest";
import { FailureError } from "../core/failure.ts";
import { itemId } from "../core/ids.ts";
import type { SlateQuery } from "../scores/score-fn.ts";
import type { StandInsFn } from "./counterfactual-items.ts";
import type { EffectProgress } from "./effect.ts";
import { replacementEffects } from "./replacement.ts";
import { additive, BETA, items, sceneOf, type Toy, toyScore, weight } from "./toy-fixture.ts";

const standIns: StandInsFn = (item, excluded, seed) => {
  const drawn = items(20, 21, 22, 23, 24).map((other) => itemId(other + 10 * item + 100 * seed));
  expect(drawn.some((other) => excluded.has(other))).toBe(false);
  return drawn;
};
const request = (over: object = {}) => ({
  ...sceneOf([4, 1, 5], [2, 3]),
  question: "total" as const,
  seed: 0,
  ...over,
});
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

test("an additive model is attributed exactly: the item's effect less the mean of its stand-ins'", async () => {
  const { rows, method, seed } = await replacementEffects(request(), standIns, toyScore(additive));
  expect([method, seed]).toEqual(["replacement", 0]);
  for (const { item, deltaNats, deltaShown, standardError, replacedBy } of rows)
    for (const [c, candidate] of items(2, 3).entries()) {
      const others = replacedBy!.map((other) => weight(other, candidate));
      const shown = replacedBy!.map((other) => weight(other, candidate) + BETA * weight(candidate, other));
      expect(deltaNats[c]).toBeCloseTo(weight(item, candidate) - mean(others), 9);
      expect(deltaShown[c]).toBeCloseTo(
        weight(item, candidate) + BETA * weight(candidate, item) - mean(shown),
        9,
      );
      const variance = others.reduce((sum, other) => sum + (other - mean(others)) ** 2, 0) / 4;
      expect(standardError![c]).toBeCloseTo(Math.sqrt(variance / 5), 9);
    }
});

test("a model that only counts items sees no difference", async () => {
  const counting: Toy = { verdict: (prompt) => prompt.length };
  const { rows } = await replacementEffects(request(), standIns, toyScore(counting));
  for (const delta of rows.flatMap(({ deltaNats }) => deltaNats)) expect(delta).toBeCloseTo(0, 12);
});

test("a model that works through its gate alone has a total effect and no prompt-only one", async () => {
  const gateOnly: Toy = {
    verdict: (_prompt, _candidate, gate) => gate,
    gate: (history) => history.reduce<number>((sum, item) => sum + item, 0),
    sasrec: (history) => history.length + history[0]!,
  };
  const total = await replacementEffects(request(), standIns, toyScore(gateOnly));
  expect(total.rows[0]?.deltaNats[0]).toBeCloseTo(4 - mean(total.rows[0]!.replacedBy!), 9);
  const held = await replacementEffects(request({ question: "prompt-only" }), standIns, toyScore(gateOnly));
  for (const delta of held.rows.flatMap((row) => [...row.deltaNats, ...row.deltaShown]))
    expect(delta).toBeCloseTo(0, 12);
});

test("every question keeps the history's length and all other items' places", async () => {
  const asked: SlateQuery[] = [];
  const scene = sceneOf([9, 8, 4, 1, 5], [2, 3], { promptItems: 3 });
  const { forwardPasses } = await replacementEffects(request(scene), standIns, toyScore(additive, asked));
  expect(forwardPasses).toBe(16);
  expect(asked).toHaveLength(16);
  for (const { history, promptItems } of asked.slice(1)) {
    expect(promptItems).toBe(3);
    expect(history.filter((item, i) => item !== scene.history[i])).toHaveLength(1);
  }
});

describe("rows", () => {
  test("arrive as soon as an item's stand-ins are answered", async () => {
    const asked: SlateQuery[] = [];
    const heard: (EffectProgress & { asked: number })[] = [];
    const { rows } = await replacementEffects(request(), standIns, toyScore(additive, asked), {
      onProgress: (progress) => heard.push({ ...progress, asked: asked.length }),
    });
    expect(heard).toEqual(
      rows.map((row, i) => ({ rows: [row], done: i + 1, total: 3, asked: 1 + 5 * (i + 1) })),
    );
  });

  test("of an item with one stand-in have no standard error", async () => {
    const { rows } = await replacementEffects(request(), () => items(30), toyScore(additive));
    expect(rows.some((row) => "standardError" in row)).toBe(false);
  });
});

test("nothing that was watched or is recommended stands in", async () => {
  const excluded: ReadonlySet<number>[] = [];
  await replacementEffects(
    request(),
    (...args) => {
      excluded.push(args[1]);
      return standIns(...args);
    },
    toyScore(additive),
  );
  expect(excluded).toEqual(Array(3).fill(new Set([4, 1, 5, 2, 3])));
});

test("an item that nothing can stand in for is refused", async () => {
  const refused = replacementEffects(request(), () => [], toyScore(additive));
  await expect(refused).rejects.toThrow(FailureError);
});
