/** @file The heatmap of ten films on ten, by leave-one-out, on WASM in Node. Built by explain.mjs. */
import { leaveOneOut } from "../src/attribution/leave-one-out.ts";
import { HEATMAP_CANDIDATES, makeWorkload } from "../src/bench/workload.ts";
import { present } from "../src/core/invariant.ts";
import { loadEngine } from "../src/engine/load-engine.ts";
import { readNodeFixture } from "../src/engine/node-fixture.ts";
import { makePromptBuilder } from "../src/prompt/build-prompt.ts";
import { makeScoreFn } from "../src/scores/score-slates.ts";

export interface MapTimes {
  readonly adapter: string;
  readonly layers: number;
  readonly forwardPasses: number;
  /** Milliseconds from the question to the first row, one a run. */
  readonly firstMs: readonly number[];
  readonly wholeMs: readonly number[];
}

/** `runs` total-effect maps after one that is not timed. */
export async function timeMaps(threads: number, runs: number): Promise<MapTimes> {
  const { gguf, pack, tokenizer } = await readNodeFixture();
  const { engine, behaviour } = await loadEngine({ gguf, pack, backend: "wasm", threads, tokenizer });
  const { manifest, films } = pack;
  const score = makeScoreFn({
    engine,
    behaviour: present(behaviour, "the recommender"),
    prompts: makePromptBuilder(tokenizer, films, manifest.prompt),
    beta: manifest.fusion.beta,
  });
  const { history, candidates } = makeWorkload(films, tokenizer, 1);
  const request = {
    history,
    candidates: candidates.slice(0, HEATMAP_CANDIDATES),
    promptItems: manifest.prompt.historyItems,
    recommenderItems: manifest.sasrec.maxLength,
    question: "total" as const,
  };
  const times = [];
  let forwardPasses = 0;
  for (let run = 0; run <= runs; run++) {
    const start = performance.now();
    let firstMs = Number.NaN;
    const matrix = await leaveOneOut(request, score, {
      onRow: (_row, done) => {
        if (done === 1) firstMs = performance.now() - start;
      },
    });
    forwardPasses = matrix.forwardPasses;
    times.push({ firstMs, wholeMs: performance.now() - start });
  }
  const timed = times.slice(1);
  const { adapterName, layers } = engine;
  engine.dispose();
  return {
    adapter: adapterName,
    layers,
    forwardPasses,
    firstMs: timed.map(({ firstMs }) => firstMs),
    wholeMs: timed.map(({ wholeMs }) => wholeMs),
  };
}
