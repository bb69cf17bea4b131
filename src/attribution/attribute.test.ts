/** @file What holds for every method alike. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FailureError } from "../core/failure.ts";
import { itemId } from "../core/ids.ts";
import { present } from "../core/invariant.ts";
import type { ScoreFn, SlateQuery } from "../scores/score-fn.ts";
import { type AttributionRequest, attribute } from "./attribute.ts";
import type { StandInsFn } from "./counterfactual-items.ts";
import type { EffectMethod, EffectProgress, EffectQuestion } from "./effect.ts";
import { explainedEvents, type Scene } from "./intervention.ts";
import { additive, promptOf, sceneOf, toyScore, weight } from "./toy-fixture.ts";

const methods: readonly (Pick<AttributionRequest, "pairs"> & { readonly method: EffectMethod })[] = [
  { method: "leave-one-out" },
  { method: "replacement" },
  { method: "shapley" },
  { method: "shapley", pairs: 3 },
];
const questions: readonly EffectQuestion[] = ["total", "prompt-only"];
const cases = methods.flatMap((method) => questions.map((question) => ({ ...method, question })));

/** Stand-ins that the additive model gives nothing: a replacement is then worth what taking out is. */
const NOTHING = 1000;
const standIns: StandInsFn = () => [itemId(NOTHING), itemId(NOTHING + 1)];
const score = (asked: SlateQuery[] = []) =>
  toyScore(
    {
      ...additive,
      verdict: (prompt, ...rest) =>
        additive.verdict(
          prompt.filter(({ item }) => item < NOTHING),
          ...rest,
        ),
    },
    asked,
  );

const anyScene = fc
  .record({
    history: fc.array(fc.nat(20), { maxLength: 9 }),
    candidates: fc.array(fc.nat(20), { minLength: 1, maxLength: 4 }),
    promptItems: fc.integer({ min: 1, max: 9 }),
    recommenderItems: fc.integer({ min: 1, max: 9 }),
  })
  .map(({ history, candidates, ...over }) => sceneOf(history, candidates, over));

const run = (
  scene: Scene,
  one: (typeof cases)[number],
  scoreFn: ScoreFn,
  options: Parameters<typeof attribute>[2] = {},
) => attribute({ ...one, scene, seed: 1 }, { score: scoreFn, standIns }, options);

describe.for(cases)("by $method, $question (pairs $pairs)", (one) => {
  test("an additive model is attributed exactly", async () => {
    await fc.assert(
      fc.asyncProperty(anyScene, async (scene) => {
        const { rows, method, question, fullVerdict, forwardPasses } = await run(scene, one, score());
        expect({ method, question }).toEqual({ method: one.method, question: one.question });
        expect(rows.map(({ event }) => event)).toEqual(explainedEvents(scene));
        for (const { event, item, deltaNats } of rows) {
          expect(item).toBe(scene.history[event]);
          for (const [c, candidate] of scene.candidates.entries())
            expect(deltaNats[c]).toBeCloseTo(weight(item, candidate), 9);
        }
        expect(fullVerdict).toHaveLength(scene.candidates.length);
        expect(forwardPasses).toBeGreaterThan(0);
      }),
      { numRuns: 25 },
    );
  });

  test("older items never move in, and stay where they are", async () => {
    await fc.assert(
      fc.asyncProperty(anyScene, async (scene) => {
        // Items are their own events, so that they can be told apart.
        const told = { ...scene, history: scene.history.map((_, i) => itemId(i)) };
        const asked: SlateQuery[] = [];
        const { forwardPasses } = await run(told, one, score(asked));
        const explained = new Set<number>(explainedEvents(told));
        const oldest = Math.max(0, told.history.length - told.recommenderItems);
        const context = told.history.slice(oldest, told.history.length - explained.size);
        for (const query of asked) {
          const prompt = promptOf(query).map(({ item }) => item);
          expect(prompt.filter((item) => !explained.has(item) && item < NOTHING)).toEqual([]);
          expect(query.history.slice(0, query.history.length - prompt.length)).toEqual(context);
        }
        expect(asked).toHaveLength(forwardPasses);
      }),
      { numRuns: 25 },
    );
  });

  test("a cancel ends it at any moment, and nothing is told after it", async () => {
    const scene = sceneOf([4, 1, 5, 7], [2, 3]);
    const { forwardPasses } = await run(scene, one, score());
    for (let at = 0; at < forwardPasses; at++) {
      const control = new AbortController();
      const asked: SlateQuery[] = [];
      const late: EffectProgress[] = [];
      const stopping: ScoreFn = (queries, signal, onScored) =>
        score(asked)(queries, signal, (i, answer) => {
          if (asked.length > at) control.abort();
          onScored?.(i, answer);
        });
      const cancelled = run(scene, one, stopping, {
        signal: control.signal,
        onProgress: (progress) => control.signal.aborted && late.push(progress),
      });
      await expect(cancelled).rejects.toEqual(new FailureError({ kind: "cancelled" }));
      expect(asked).toHaveLength(at + 1);
      expect(late).toEqual([]);
    }
  });

  test("progress ends with all of it done and every row told", async () => {
    const heard: EffectProgress[] = [];
    const { rows } = await run(sceneOf([4, 1, 5, 7], [2, 3]), one, score(), {
      onProgress: (progress) => heard.push(progress),
    });
    const { done, total } = present(heard.at(-1), "the last");
    expect(done).toBe(total);
    const told = new Map(heard.flatMap((progress) => progress.rows).map((row) => [row.event, row]));
    expect([...told.values()].sort((a, b) => a.event - b.event)).toEqual(rows);
  });
});

test("Shapley values are exact while they can be, sampled beyond, and sampled where that is asked for", async () => {
  const long = sceneOf([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11], [20], { promptItems: 11 });
  const shapley = { method: "shapley", question: "total" } as const;
  const short = { ...long, promptItems: 4 };
  expect((await run(short, shapley, score())).seed).toBeUndefined();
  expect(await run(long, shapley, score())).toMatchObject({ seed: 1, pairs: 32 });
  expect(await run(short, { ...shapley, pairs: 2 }, score())).toMatchObject({ seed: 1, pairs: 2 });
});
