/**
 * @file What a GPU takes for the product's own questions, through Dawn in Node: a slate and a heatmap from history to scores, the GPU's
 * part of each, and the products of a layer beside tfjs' own matMul. Built and run by webgpu.mjs.
 */
import { availableParallelism, cpus } from "node:os";
import { matMul, type Tensor, type Tensor2D, tensor2d } from "@tensorflow/tfjs-core";
import { median } from "../src/bench/statistics.ts";
import { itemId } from "../src/core/ids.ts";
import { present } from "../src/core/invariant.ts";
import { seededRandom } from "../src/core/rng.ts";
import { startDevice } from "../src/engine/device.ts";
import { createLlamaEngine } from "../src/engine/llama-engine.ts";
import { readNodeFixture } from "../src/engine/node-fixture.ts";
import { linear } from "../src/engine/ops/linear/linear.ts";
import { pinTiles, type TilesFile } from "../src/engine/ops/linear/tile-table.ts";
import { tuneTiles } from "../src/engine/ops/linear/tune-tiles.ts";
import { uploadLinear } from "../src/engine/ops/linear/upload-linear.ts";
import { readBehaviourModel } from "../src/engine/sasrec/behaviour-model.ts";
import { nodeGpu } from "../src/engine/webgpu/node-gpu.ts";
import { webgpuBackend } from "../src/engine/webgpu/webgpu-backend.ts";
import type { GgufFile, GgufTensor } from "../src/model/gguf.ts";
import { encodeHalf } from "../src/model/half.ts";
import { readLlamaConfig } from "../src/model/llama-config.ts";
import type { PackFiles } from "../src/model/load-parts.ts";
import { makePromptBuilder } from "../src/prompt/build-prompt.ts";
import type { SlateQuery } from "../src/scores/score-fn.ts";
import { makeScoreFn } from "../src/scores/score-slates.ts";

// machine.mjs finds the repository by its own place, which a carried program has left.
function machine(): object {
  return { cpu: cpus()[0]?.model ?? "unknown", cores: availableParallelism(), node: process.version };
}

const HISTORY_ITEMS = 10;
const HEATMAP_CANDIDATES = 10;
const RANK = 16;
/** [out, in] of a layer's four products. */
const SITES = [
  [960, 576],
  [576, 576],
  [3072, 576],
  [576, 1536],
] as const;

export interface Timing {
  readonly rows: number;
  readonly dispatches: number;
  readonly firstMs: number;
  readonly medianMs: number;
  readonly minMs: number;
  /** The same dispatches repeated from a list, without JavaScript in between. */
  readonly gpuMs: number;
}

export interface ProductTiming {
  readonly rows: number;
  readonly out: number;
  readonly inputs: number;
  readonly us: number;
  readonly teraflops: number;
  /** With the adapter's product before it, gate and residual, as a layer runs it. */
  readonly withAdapterUs: number;
  readonly tfjsUs: number;
  /** Speed beside tfjs' matMul of f32 matrices, as a fraction. */
  readonly ofTfjs: number;
}

interface Dispatch {
  readonly pipeline: GPUComputePipeline;
  readonly bindGroups: readonly GPUBindGroup[];
  readonly groups: readonly [number, number, number];
}

/** Notes what is dispatched, so that it can be repeated without the code that asked for it. */
class Recorder {
  #dispatches: Dispatch[] | null = null;

  constructor() {
    const listening = () => this.#dispatches;
    const { prototype } = GPUComputePassEncoder;
    const { setPipeline, setBindGroup, dispatchWorkgroups } = prototype;
    let pipeline: GPUComputePipeline | null = null;
    let bindGroups: GPUBindGroup[] = [];
    prototype.setPipeline = function (value) {
      pipeline = value;
      bindGroups = [];
      return setPipeline.call(this, value);
    };
    prototype.setBindGroup = function (this: GPUComputePassEncoder, index: number, value: GPUBindGroup) {
      bindGroups[index] = value;
      return Reflect.apply(setBindGroup, this, [index, value]);
    };
    prototype.dispatchWorkgroups = function (x, y = 1, z = 1) {
      if (pipeline !== null) listening()?.push({ pipeline, bindGroups: [...bindGroups], groups: [x, y, z] });
      return dispatchWorkgroups.call(this, x, y, z);
    };
  }

  async record(work: () => Promise<unknown>): Promise<Dispatch[]> {
    const all: Dispatch[] = [];
    this.#dispatches = all;
    // What is noted must still be there when it is repeated.
    const { destroy } = GPUBuffer.prototype;
    GPUBuffer.prototype.destroy = () => undefined;
    try {
      await work();
    } finally {
      this.#dispatches = null;
      GPUBuffer.prototype.destroy = destroy;
    }
    return all;
  }
}

async function replayMs(device: GPUDevice, dispatches: readonly Dispatch[], times: number): Promise<number> {
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  for (let i = 0; i < times; i++)
    for (const { pipeline, bindGroups, groups } of dispatches) {
      pass.setPipeline(pipeline);
      for (const [index, group] of bindGroups.entries()) pass.setBindGroup(index, group);
      pass.dispatchWorkgroups(...groups);
    }
  pass.end();
  const start = performance.now();
  device.queue.submit([encoder.finish()]);
  await device.queue.onSubmittedWorkDone();
  return performance.now() - start;
}

/** Milliseconds of one round: the difference of two lengths leaves out what a submit costs. */
async function roundMs(device: GPUDevice, dispatches: readonly Dispatch[], times: number): Promise<number> {
  const least = async (count: number) => {
    let best = Number.POSITIVE_INFINITY;
    for (let i = 0; i < 3; i++) best = Math.min(best, await replayMs(device, dispatches, count));
    return best;
  };
  await least(times);
  return ((await least(2 * times)) - (await least(times))) / times;
}

/** The model with its layers repeated until there are `layers`: the work and the sizes of a deeper one, not its answers. */
function deepen(gguf: GgufFile, pack: PackFiles, layers: number): { gguf: GgufFile; pack: PackFiles } {
  const known = pack.manifest.base.layers;
  const repeat = <T>(tensors: ReadonlyMap<string, T>, rename: (tensor: T, name: string) => T) => {
    const all = new Map(tensors);
    for (let layer = known; layer < layers; layer++) {
      const prefix = `blk.${layer % known}.`;
      for (const [name, tensor] of tensors) {
        if (!name.startsWith(prefix)) continue;
        const deeper = `blk.${layer}.${name.slice(prefix.length)}`;
        all.set(deeper, rename(tensor, deeper));
      }
    }
    return all;
  };
  return {
    gguf: {
      ...gguf,
      metadata: new Map(gguf.metadata).set("llama.block_count", Math.max(layers, known)),
      tensors: repeat<GgufTensor>(gguf.tensors, (tensor, name) => ({ ...tensor, name })),
    },
    pack: {
      ...pack,
      manifest: { ...pack.manifest, base: { ...pack.manifest.base, layers } },
      adapter: { ...pack.adapter, tensors: repeat(pack.adapter.tensors, (tensor) => tensor) },
    },
  };
}

/** Rows of a slate's last layer, of a slate, and of a heatmap's pass. */
const TUNED_ROWS = [20, 110, 379, 2048];
const TUNING_BUDGET_MS = 30_000;

function tuneAll(adapterName: string): Promise<TilesFile> {
  const products = TUNED_ROWS.flatMap((rows) =>
    SITES.map(([outs, inputs]) => ({ rows, outs, inputs, type: "q4_1" as const })),
  );
  return tuneTiles(webgpuBackend(), adapterName, products, TUNING_BUDGET_MS);
}

export async function measureWebgpu(
  depths: readonly number[],
  repetitions: number,
  tiles: "rule" | "auto" | TilesFile,
) {
  const fixture = await readNodeFixture();
  const gpu = await nodeGpu();
  const recorder = new Recorder();
  const golden = present(
    fixture.slates.find(({ history }) => history.length >= HISTORY_ITEMS),
    "a slate with enough history",
  );
  const history = golden.history.slice(-HISTORY_ITEMS).map(itemId);
  const candidates = golden.candidates.map(itemId);
  const few = candidates.slice(0, HEATMAP_CANDIDATES);
  const questions: Readonly<Record<"slate" | "heatmap", readonly SlateQuery[]>> = {
    slate: [{ history, candidates }],
    // The total effect: the recommender's state, the gate and the prompt are those of the history without the item.
    heatmap: [
      { history, candidates: few, promptItems: HISTORY_ITEMS },
      ...history.map((_, i) => ({
        history: history.toSpliced(i, 1),
        candidates: few,
        promptItems: HISTORY_ITEMS - 1,
      })),
    ],
  };

  let adapter = "";
  let pinned: TilesFile | undefined = typeof tiles === "string" ? undefined : tiles;
  let parity: { readonly slates: number; readonly largestDifference: number } | undefined;
  const passes: { layers: number; memory: object; slate: Timing; heatmap: Timing }[] = [];
  for (const layers of depths) {
    const { gguf, pack } = deepen(fixture.gguf, fixture.pack, layers);
    const started = await startDevice("webgpu", { gpu, tiles: pinned });
    adapter = started.adapterName;
    if (tiles === "auto" && pinned === undefined) {
      pinned = await tuneAll(adapter);
      pinTiles(webgpuBackend().device, adapter, pinned);
    }
    const behaviour = readBehaviourModel(pack, readLlamaConfig(gguf).width);
    const engine = await createLlamaEngine(started, { gguf, tokenizer: fixture.tokenizer, pack, behaviour });
    const webgpu = webgpuBackend();
    const prompts = makePromptBuilder(fixture.tokenizer, pack.films, pack.manifest.prompt);
    const score = makeScoreFn({ engine, behaviour, prompts, beta: pack.manifest.fusion.beta });
    if (layers === fixture.pack.manifest.base.layers) {
      let largestDifference = 0;
      for (const { history: all, candidates: slate, verdictLogOdds } of fixture.slates) {
        const [scores] = await score([{ history: all.map(itemId), candidates: slate.map(itemId) }]);
        const { verdict } = present(scores, "the slate's scores");
        for (const [i, wanted] of verdictLogOdds.entries())
          largestDifference = Math.max(
            largestDifference,
            Math.abs(present(verdict[i], "a verdict") - wanted),
          );
      }
      parity = { slates: fixture.slates.length, largestDifference };
    }
    const measure = async (queries: readonly SlateQuery[]): Promise<Timing> => {
      const before = engine.throughput().tokens;
      const timedMs = async () => {
        const start = performance.now();
        await score(queries);
        return performance.now() - start;
      };
      const firstMs = await timedMs();
      const rows = engine.throughput().tokens - before;
      // A third of the runs warm the JIT up.
      for (let i = 0; i < repetitions / 3; i++) await timedMs();
      const runs: number[] = [];
      for (let i = 0; i < repetitions; i++) runs.push(await timedMs());
      const allocatedBytes = webgpu.memory().numBytesAllocatedInGPU;
      mostAllocatedBytes = Math.max(mostAllocatedBytes, allocatedBytes);
      const dispatches = await recorder.record(() => score(queries));
      const gpuMs = await roundMs(webgpu.device, dispatches, 1);
      return {
        rows,
        dispatches: dispatches.length,
        firstMs,
        medianMs: median(runs),
        minMs: Math.min(...runs),
        gpuMs,
      };
    };
    let mostAllocatedBytes = 0;
    const slate = await measure(questions.slate);
    const heatmap = await measure(questions.heatmap);
    const { weightBytes, peakBytes } = engine.memory();
    passes.push({ layers, memory: { weightBytes, peakBytes, mostAllocatedBytes }, slate, heatmap });
    engine.dispose();
  }
  return {
    adapter,
    where: machine(),
    tiles: pinned ?? null,
    parity: parity ?? null,
    passes,
    products: await measureProducts(recorder),
  };
}

/** The four products of a layer at the row counts of a slate and of a heatmap's pass. */
async function measureProducts(recorder: Recorder): Promise<ProductTiming[]> {
  const webgpu = webgpuBackend();
  const { device } = webgpu;
  const random = seededRandom(1);
  const matrix = (rows: number, cols: number): Tensor2D =>
    tensor2d(
      Float32Array.from({ length: rows * cols }, () => random() - 0.5),
      [rows, cols],
    );
  const measureUs = async (work: () => Tensor): Promise<number> => {
    const dispatches = await recorder.record(async () => {
      const result = work();
      await result.data();
      result.dispose();
    });
    // A second of a software adapter is enough to tell.
    const onceMs = await replayMs(device, dispatches, 1);
    const times = Math.max(1, Math.min(100, Math.floor(50 / onceMs)));
    return 1000 * (await roundMs(device, dispatches, times));
  };
  const timings: ProductTiming[] = [];
  for (const rows of [340, 2048])
    for (const [out, inputs] of SITES) {
      const weight = uploadLinear("webgpu", [randomQ4_1(out, inputs, random)], "random");
      const lowRank = { a: matrix(RANK, inputs), b: matrix(out, RANK), rank: RANK };
      const [x, gate, residual] = [matrix(rows, inputs), matrix(rows, RANK), matrix(rows, out)];
      const plain = matrix(inputs, out);
      const us = await measureUs(() => linear(x, weight));
      const withAdapterUs = await measureUs(() =>
        linear(x, weight, { adapter: { lowRank, gate }, residual }),
      );
      const tfjsUs = await measureUs(() => matMul(x, plain));
      timings.push({
        rows,
        out,
        inputs,
        us,
        teraflops: (2 * rows * out * inputs) / us / 1e6,
        withAdapterUs,
        tfjsUs,
        ofTfjs: tfjsUs / us,
      });
      for (const tensor of [x, gate, residual, plain, weight[0].tensor, lowRank.a, lowRank.b])
        tensor.dispose();
    }
  return timings;
}

function randomQ4_1(out: number, inputs: number, random: () => number): GgufTensor {
  const bytes = Uint8Array.from({ length: ((out * inputs) / 32) * 20 }, () => random() * 256);
  const view = new DataView(bytes.buffer);
  for (let at = 0; at < bytes.length; at += 20) {
    view.setUint16(at, encodeHalf(0.01), true);
    view.setUint16(at + 2, encodeHalf(-0.08), true);
  }
  return { name: "random", type: "Q4_1", shape: [out, inputs], bytes };
}
