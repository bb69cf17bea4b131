/** @file tfjs's own f32 matMul on WebGPU at the model's shapes: what the engine's kernels are measured against on a GPU. */
import { matMul, randomUniform, type Tensor2D } from "@tensorflow/tfjs-core";
import { median } from "../src/bench/statistics.ts";
import { startDevice } from "../src/engine/device.ts";
import { nodeGpu } from "../src/engine/webgpu/node-gpu.ts";

// [out, in] of the products of a SmolLM2-135M layer: query, key and value together; attention's output; gate and up; down.
const SHAPES = [
  [960, 576],
  [576, 576],
  [3072, 576],
  [576, 1536],
] as const;
const CHAINED = 20;
const ROUNDS = 5;

export interface MatmulTimes {
  readonly rows: number;
  /** Milliseconds of one layer's products, one after another, without the wait for the result. */
  readonly layerMs: number;
  readonly gflops: number;
}

/** Starts WebGPU by itself: an engine on it is gone afterwards. The median of some rounds of many products with one wait at the end. */
export async function timeTfjsMatmul(rowCounts: readonly number[]): Promise<MatmulTimes[]> {
  await startDevice("webgpu", { gpu: await nodeGpu() });
  const times: MatmulTimes[] = [];
  for (const rows of rowCounts) {
    let layerMs = 0;
    for (const [out, inputs] of SHAPES) {
      const x: Tensor2D = randomUniform([rows, inputs]);
      const weight: Tensor2D = randomUniform([inputs, out]);
      const run = async (count: number) => {
        const start = performance.now();
        for (let i = 1; i < count; i++) matMul(x, weight).dispose();
        const last = matMul(x, weight);
        await last.data();
        last.dispose();
        return performance.now() - start;
      };
      await run(CHAINED);
      const differences: number[] = [];
      // The quotient of a difference: the wait and the read-back are in both.
      for (let round = 0; round < ROUNDS; round++)
        differences.push(((await run(CHAINED + 1)) - (await run(1))) / CHAINED);
      layerMs += median(differences);
      x.dispose();
      weight.dispose();
    }
    const flops = SHAPES.reduce((sum, [out, inputs]) => sum + 2 * rows * out * inputs, 0);
    times.push({ rows, layerMs, gflops: flops / layerMs / 1e6 });
  }
  return times;
}
