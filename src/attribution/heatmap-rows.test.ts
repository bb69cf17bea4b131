/** @file How much of a heatmap the graph computes, with the shipped pack's own titles. */
import { beforeAll, expect, test } from "vitest";
import { itemId } from "../core/ids.ts";
import { batchByRows } from "../engine/blocks/batch-by-rows.ts";
import { type PassPrompt, PromptForest } from "../engine/blocks/prompt-forest.ts";
import { countPaths, passPrompt } from "../engine/blocks/prompts-fixture.ts";
import type { EnginePrompt } from "../engine/engine.ts";
import type { EngineFixture } from "../engine/engine-fixture.ts";
import { readNodeFixture } from "../engine/node-fixture.ts";
import { readBehaviourModel } from "../engine/sasrec/behaviour-model.ts";
import { readLlamaConfig } from "../model/llama-config.ts";
import { makePromptBuilder } from "../prompt/build-prompt.ts";
import { makeScoreFn } from "../scores/score-slates.ts";
import type { EffectQuestion } from "./effect.ts";
import { leaveOneOut } from "./leave-one-out.ts";

let fixture: EngineFixture;
beforeAll(async () => {
  fixture = await readNodeFixture();
}, 60_000);

/** The prompts of a heatmap of 10 items by 10 candidates, call by call as they reach the engine. */
async function heatmapCalls(question: EffectQuestion): Promise<PassPrompt[][]> {
  const { gguf, pack, slates, tokenizer } = fixture;
  const slate = slates.find(({ history, candidates }) => history.length >= 10 && candidates.length >= 10);
  if (slate === undefined) throw new Error("no golden slate is large enough");
  const calls: (readonly EnginePrompt[])[] = [];
  const score = makeScoreFn({
    engine: {
      verdicts: async (prompts) => {
        calls.push(prompts);
        return prompts.map(({ packed }) => new Float32Array(packed.readout.length));
      },
    },
    behaviour: readBehaviourModel(pack, readLlamaConfig(gguf).width),
    prompts: makePromptBuilder(tokenizer, pack.films, pack.manifest.prompt),
    beta: 1,
  });
  await leaveOneOut(
    {
      history: slate.history.slice(-10).map(itemId),
      candidates: slate.candidates.slice(0, 10).map(itemId),
      question,
      promptItems: 10,
      recommenderItems: pack.manifest.sasrec.maxLength,
    },
    score,
  );
  return calls.map((prompts) => prompts.map(({ packed, gate }) => passPrompt(packed, gate)));
}

/** Rows of all passes of all calls together. */
function rowsInCalls(calls: readonly (readonly PassPrompt[])[], mostRows: number): number {
  return calls.reduce((sum, prompts) => sum + rowsInPasses(prompts, mostRows), 0);
}

function rowsInPasses(prompts: readonly PassPrompt[], mostRows: number): number {
  const rowsOf = (batch: readonly { readonly prompt: PassPrompt }[]): number => {
    const forest = new PromptForest();
    for (const { prompt } of batch) forest.add(prompt);
    return forest.rows;
  };
  const batches = batchByRows(
    prompts.map((prompt) => ({ prompt })),
    mostRows,
  );
  return batches.reduce((sum, batch) => sum + rowsOf(batch), 0);
}

test("the prompts of a 10 x 10 heatmap share what their gates allow, call by call", async () => {
  const [free, held] = [await heatmapCalls("total"), await heatmapCalls("prompt-only")];
  for (const calls of [free, held]) {
    expect(calls.map((prompts) => prompts.length)).toEqual([2, 9]);
    const paths = calls.reduce((sum, prompts) => sum + countPaths(prompts), 0);
    for (const most of [512, 700, 2048]) expect(rowsInCalls(calls, most)).toBeGreaterThanOrEqual(paths);
    expect(rowsInCalls(calls, Number.POSITIVE_INFINITY)).toBe(paths);
  }
  // Each gate makes its own states: only candidates whose titles begin alike share them, and two calls cost no more than one.
  const alone = free.flat().reduce((sum, prompt) => sum + countPaths([prompt]), 0);
  expect(rowsInCalls(free, Number.POSITIVE_INFINITY)).toBe(alone);
  const [whole] = held.flat();
  if (whole === undefined) throw new Error("no prompt");
  expect({
    positions: held.flat().reduce((sum, { packed }) => sum + packed.tokens.length, 0),
    baseRows: countPaths([whole]),
    freeRows: rowsInCalls(free, Number.POSITIVE_INFINITY),
    freeRowsOfTheFirstRow: rowsInCalls(free.slice(0, 1), 512),
    heldRowsInOneCall: rowsInPasses(held.flat(), Number.POSITIVE_INFINITY),
    heldRows: rowsInCalls(held, Number.POSITIVE_INFINITY),
    heldRowsInPassesOf2048: rowsInCalls(held, 2048),
    heldRowsInPassesOf700: rowsInCalls(held, 700),
  }).toEqual({
    positions: 2643,
    baseRows: 252,
    freeRows: 2643,
    freeRowsOfTheFirstRow: 493,
    heldRowsInOneCall: 1978,
    heldRows: 2102,
    heldRowsInPassesOf2048: 2102,
    heldRowsInPassesOf700: 2235,
  });
});
