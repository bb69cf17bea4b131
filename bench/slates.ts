/** @file Golden slates through one backend, in Node: what the benchmark compares and times. Built by run.mjs. */
import { itemId } from "../src/core/ids.ts";
import { present } from "../src/core/invariant.ts";
import type { BackendName } from "../src/engine/engine.ts";
import { loadEngine } from "../src/engine/load-engine.ts";
import { readNodeFixture } from "../src/engine/node-fixture.ts";
import { nodeGpu } from "../src/engine/webgpu/node-gpu.ts";
import { makePromptBuilder } from "../src/prompt/build-prompt.ts";
import { makeScoreFn } from "../src/scores/score-slates.ts";

export interface SlateParity {
  readonly adapter: string;
  readonly layers: number;
  readonly slates: number;
  readonly candidates: number;
  /** Largest absolute difference of verdict log-odds, nats. */
  readonly largestDifference: number;
  readonly meanDifference: number;
  readonly largestGateDifference: number;
  readonly tokensPerSecond: number;
  readonly slateMilliseconds: readonly number[];
}

/** BECAUSAL_PACK and BECAUSAL_GOLDEN name other folders than the shipped ones. */
export async function measureSlates(backend: BackendName): Promise<SlateParity> {
  const { gguf, pack, tokenizer, slates } = await readNodeFixture();
  const gpu = backend === "webgpu" ? { gpu: await nodeGpu() } : {};
  const { engine, behaviour } = await loadEngine({ gguf, pack, backend, tokenizer, ...gpu });
  const { manifest, films } = pack;
  const score = makeScoreFn({
    engine,
    behaviour: present(behaviour, "the recommender"),
    prompts: makePromptBuilder(tokenizer, films, manifest.prompt),
    beta: manifest.fusion.beta,
  });
  const differences: number[] = [];
  const gateDifferences: number[] = [];
  const slateMilliseconds: number[] = [];
  for (const { history, candidates, verdictLogOdds, gate } of slates) {
    const start = performance.now();
    const [scores] = await score([{ history: history.map(itemId), candidates: candidates.map(itemId) }]);
    slateMilliseconds.push(performance.now() - start);
    const answer = present(scores, "the slate's scores");
    differences.push(
      ...verdictLogOdds.map((wanted, i) => Math.abs((answer.verdict[i] ?? Number.NaN) - wanted)),
    );
    gateDifferences.push(...gate.map((wanted, i) => Math.abs((answer.gate[i] ?? Number.NaN) - wanted)));
  }
  const { tokens, milliseconds } = engine.throughput();
  const { adapterName, layers } = engine;
  engine.dispose();
  return {
    adapter: adapterName,
    layers,
    slates: slates.length,
    candidates: differences.length,
    largestDifference: Math.max(...differences),
    meanDifference: differences.reduce((sum, difference) => sum + difference, 0) / differences.length,
    largestGateDifference: Math.max(...gateDifferences),
    tokensPerSecond: tokens / (milliseconds / 1000),
    slateMilliseconds,
  };
}
