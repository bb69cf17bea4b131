import { beforeAll, expect, test } from "vitest";
import { readLlamaConfig } from "../../model/llama-config.ts";
import { packPrompt } from "../../prompt/packed-prompt.ts";
import { runGraph } from "../blocks/llama-graph.ts";
import { uploadLlama } from "../blocks/llama-weights.ts";
import { planPass } from "../blocks/pass.ts";
import { TokenEmbedding } from "../blocks/token-embedding.ts";
import { startDevice } from "../device.ts";
import type { BackendName } from "../engine.ts";
import type { EngineFixture } from "../engine-fixture.ts";
import { wasmFiles } from "../wasm/wasm-files.ts";
import { readServedFixture } from "./served-fixture.ts";

const LAYERS = 2;
const LENGTHS = [128, 256];
/** Of a hidden state of order 1. The WASM kernels' activations are 16-bit integers per block. */
const TOLERANCE = 5e-3;

let fixture: EngineFixture;

beforeAll(async () => {
  fixture = await readServedFixture();
});

/** Hidden states of the last position after the first layers, one per length. */
async function hiddenStates(backend: BackendName): Promise<Float32Array[]> {
  const { gguf, tokenizer, pack } = fixture;
  const config = readLlamaConfig(gguf);
  const { end } = await startDevice(backend, { wasmFiles, threads: 1 });
  const weights = await uploadLlama(backend, gguf, config, LAYERS);
  const titles = pack.films.map(({ title }) => title).join("; ");
  const tokens = tokenizer.encode(titles.slice(0, 2000));
  const states: Float32Array[] = [];
  try {
    for (const length of LENGTHS) {
      expect(tokens.length).toBeGreaterThanOrEqual(length);
      const prefix = tokens.slice(0, length).map((token) => ({ kind: "text", token, source: null }) as const);
      const packed = packPrompt({ prefix, branches: [] });
      const prompt = { packed, gateRow: null, readRows: Int32Array.of(length - 1) };
      states.push(await runGraph(planPass([prompt], config, new TokenEmbedding(gguf), null), weights, null));
    }
  } finally {
    weights.dispose();
    end();
  }
  return states;
}

test("WebGPU answers as WASM does after 128 and after 256 tokens", async () => {
  const wasm = await hiddenStates("wasm");
  const webgpu = await hiddenStates("webgpu");
  for (const [i, length] of LENGTHS.entries()) {
    const [one, other] = [wasm[i] ?? new Float32Array(), webgpu[i] ?? new Float32Array()];
    expect(one).toHaveLength(576);
    const worst = Math.max(...one.map((value, at) => Math.abs(value - (other[at] ?? Number.NaN))));
    const largest = Math.max(...one.map(Math.abs));
    console.info(
      `${length} tokens: largest difference ${worst.toExponential(1)} of values up to ${largest.toFixed(1)}`,
    );
    expect(largest).toBeGreaterThan(1);
    expect(worst).toBeLessThan(TOLERANCE * largest);
  }
});
