/** @file The engine's benchmark in Node: what run.mjs asks of TypeScript. Built by engine.mjs. */
import { readBenchOptions } from "../src/bench/bench-options.ts";
import { type BenchReport, runBench } from "../src/bench/run-bench.ts";
import { makeWorkload, slateAsTokens } from "../src/bench/workload.ts";
import { diskFetcher } from "../src/cli/disk-fetcher.ts";
import type { BackendName } from "../src/engine/engine.ts";
import { nodeGpu } from "../src/engine/webgpu/node-gpu.ts";
import { loadModelFiles } from "../src/model/load-parts.ts";
import { readTokenizer } from "../src/model/tokenizer.ts";

export { timesFaster } from "../src/bench/statistics.ts";
export { timeTfjsMatmul } from "./tfjs-matmul.ts";

const folders = { base: "public/models/smollm2-135m-instruct-12l", pack: "public/packs/movies" };

/** The benchmark's prefill and slate as tokens and as the text that those tokens are, for runtimes that take either. */
export async function peerWorkload(promptTokens: number) {
  const { base, pack } = await loadModelFiles(diskFetcher, folders);
  const tokenizer = readTokenizer(base.gguf);
  const workload = makeWorkload(pack.films, tokenizer, promptTokens);
  const { prefix, continuations } = slateAsTokens(workload, pack, tokenizer);
  const both = (tokens: readonly Parameters<typeof tokenizer.decode>[0][number][]) => ({
    tokens: [...tokens],
    text: tokenizer.decode(tokens),
  });
  return {
    prefill: both(workload.prefill),
    prefix: both(prefix),
    continuations: continuations.map(both),
    slateTokens: prefix.length + continuations.reduce((sum, { length }) => sum + length, 0),
  };
}

/** As `globalThis.bench` of the page. `fullModelFolder` has the published file. */
export async function benchInNode(
  backend: BackendName,
  fullModelFolder: string,
  options: Readonly<Record<string, unknown>>,
): Promise<BenchReport> {
  return runBench(readBenchOptions({ ...options, backend }), {
    fetcher: diskFetcher,
    folders: { base: folders.base, pack: folders.pack, full: fullModelFolder },
    ...(backend === "webgpu" ? { gpu: await nodeGpu() } : {}),
  });
}
