/** @file What a model will take on a backend, worked out before anything is uploaded. */
import { matrixShape } from "../model/block-dequantise.ts";
import type { GgufFile } from "../model/gguf.ts";
import {
  type LayerTensor,
  type LlamaConfig,
  layerTensorName,
  outputTensorName,
  tensorOf,
} from "../model/llama-config.ts";
import { WEIGHT_STACKS } from "./blocks/weight-stacks.ts";
import type { BackendName } from "./engine.ts";
import { stackBytes } from "./ops/linear/stack-bytes.ts";

export interface MemoryPlan {
  /** Weights and adapter as the backend holds them. */
  readonly weightBytes: number;
  /** A control's adapter beside the trained one, where a control is asked for. */
  readonly controlBytes: number;
  /** Tensors alive at once in the widest step of a pass of `passRows`. */
  readonly activationBytes: number;
  /** Rows of one pass, unless a single prompt is longer. */
  readonly passRows: number;
  /** Rows beyond which a pass has a tensor that no kernel can bind. */
  readonly mostRows: number;
}

/** Enough rows to keep the products busy, few enough to cancel soon and to stay small. */
const MOST_PASS_ROWS: Readonly<Record<BackendName, number>> = { webgpu: 2048, wasm: 512 };

/** Where the weights alone take the whole budget, passes are short rather than none. */
const FEWEST_PASS_ROWS = 128;
/** Buffers that tfjs keeps for reuse (`webgpu/bounded-buffers.ts`) and what is read back. */
const GPU_RESERVE_BYTES = 20e6;

/** Budget of weights and activations: 120 MB at 12 layers and 250 MB at 30 for the shipped shape, and in proportion between and beyond. */
function mostGpuBytes(layers: number): number {
  return 33e6 + 7.2e6 * layers;
}

export function planMemory(
  backend: BackendName,
  gguf: GgufFile,
  config: LlamaConfig,
  layerCount: number,
  rank: number,
  largestBindingBytes: number,
  /** Whether the output head is uploaded too. */
  withHead = false,
): MemoryPlan {
  const { width, ffn, heads, kvHeads, headDim } = config;
  const stacked = (names: readonly string[]) =>
    stackBytes(
      backend,
      names.map((name) => tensorOf(gguf, name)),
    );
  const vectorBytes = (name: string) => matrixShape(tensorOf(gguf, name)).cols * 4;
  let weightBytes = vectorBytes("output_norm.weight");
  if (withHead) weightBytes += stacked([outputTensorName(gguf)]);
  for (let layer = 0; layer < layerCount; layer++) {
    const nameOf = (tensor: LayerTensor) => layerTensorName(layer, tensor);
    weightBytes += vectorBytes(nameOf("attn_norm")) + vectorBytes(nameOf("ffn_norm"));
    for (const stack of WEIGHT_STACKS) weightBytes += stacked(stack.map(nameOf));
  }
  const qkvWidth = (heads + 2 * kvHeads) * headDim;
  const adapterWeights = rank * (width + qkvWidth + 2 * width + width + 2 * ffn + ffn + width);
  const adapterBytes = layerCount * adapterWeights * 4;
  weightBytes += adapterBytes;

  // The widest step holds the residual before and after attention, gate and up, their activation, and the pass's own inputs.
  const rowBytes = 4 * (2 * width + 3 * ffn + headDim + 3 + rank);
  const widestRowBytes = 4 * 2 * ffn;
  const mostRows = Math.max(1, Math.floor(largestBindingBytes / widestRowBytes));
  const affordableRows =
    backend === "webgpu"
      ? Math.floor((mostGpuBytes(layerCount) - GPU_RESERVE_BYTES - weightBytes - adapterBytes) / rowBytes)
      : Number.POSITIVE_INFINITY;
  const passRows = Math.min(mostRows, MOST_PASS_ROWS[backend], Math.max(FEWEST_PASS_ROWS, affordableRows));
  return {
    weightBytes,
    controlBytes: adapterBytes,
    activationBytes: passRows * rowBytes,
    passRows,
    mostRows,
  };
}
