/** @file Measures which tile is the fastest for a product on this adapter. */
import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import type { TensorInfo } from "@tensorflow/tfjs-core";
import { isSoftware } from "../../webgpu/is-software.ts";
import { submitPending } from "../../webgpu/submit-pending.ts";
import { runLinear } from "./linear.webgpu.ts";
import { linearTile, TILES, type Tile, tileBytes, tileName } from "./tile.ts";
import { type Product, productClass, type TilesFile } from "./tile-table.ts";

const WORDS_PER_BLOCK = { q4_1: 5, q8_0: 9, f32: 32 };
const ROUNDS = 3;
const DISPATCHES = 20;

/**
 * Times every tile for every product, until `budgetMs` are over; what was not reached keeps its rule. Each takes some milliseconds and
 * the first of its kind the compiler's time besides, so this is for before the first question or for no question at all. On a
 * software adapter nothing is measured: the rule is right there, and a round takes seconds.
 */
export async function tuneTiles(
  backend: WebGPUBackend,
  adapterName: string,
  products: readonly Product[],
  budgetMs: number,
): Promise<TilesFile> {
  const { device } = backend;
  const tiles: Record<string, string> = {};
  const end = performance.now() + budgetMs;
  const most = device.limits.maxComputeWorkgroupStorageSize;
  const candidates = isSoftware(device) ? [] : TILES.filter((tile) => tileBytes(tile) <= most);
  for (const product of products) {
    let best: { readonly tile: Tile; readonly ms: number } | null = null;
    const run = makeRun(backend, product);
    try {
      for (const tile of candidates) {
        if (performance.now() > end) return { version: 1, adapter: adapterName, tiles };
        const ms = await fastestRound(backend, () => run.once(tile));
        if (best === null || ms < best.ms) best = { tile, ms };
      }
    } finally {
      run.dispose();
    }
    const rule = linearTile(product.rows, product.outs, isSoftware(device));
    if (best !== null && (rule === null || tileName(best.tile) !== tileName(rule)))
      tiles[productClass(product)] = tileName(best.tile);
  }
  return { version: 1, adapter: adapterName, tiles };
}

/** Milliseconds of one dispatch among many, the best of some rounds; the first compiles and does not count. */
async function fastestRound(backend: WebGPUBackend, once: () => void): Promise<number> {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round <= ROUNDS; round++) {
    const start = performance.now();
    for (let i = 0; i < (round === 0 ? 1 : DISPATCHES); i++) once();
    submitPending(backend);
    await backend.queue.onSubmittedWorkDone();
    if (round > 0) best = Math.min(best, (performance.now() - start) / DISPATCHES);
  }
  return best;
}

/** A product of zeros: no tile's time depends on the values. */
function makeRun(
  backend: WebGPUBackend,
  { rows, outs, inputs, type }: Product,
): { once(tile: Tile): void; dispose(): void } {
  const x = backend.makeTensorInfo([rows, inputs], "float32", new Float32Array(rows * inputs));
  const words = (inputs / 32) * WORDS_PER_BLOCK[type];
  const weight: TensorInfo =
    type === "f32"
      ? backend.makeTensorInfo([outs, inputs], "float32", new Float32Array(outs * inputs))
      : backend.makeTensorInfo([outs, words], "int32", new Int32Array(outs * words));
  return {
    once: (tile) => {
      // Casts: a kernel reads no more of a tensor than its info.
      const given = { x, weight } as unknown as Parameters<typeof runLinear>[1];
      const attrs = { outFeatures: outs, inFeatures: inputs, type, rank: 0 };
      backend.disposeData(runLinear(backend, given, attrs, () => tile).dataId);
    },
    dispose: () => {
      for (const { dataId } of [x, weight]) backend.disposeData(dataId);
    },
  };
}
