/** @file What a model will take on a backend, worked out before anything is uploaded. */
import { matrixShape } from "../model/block-dequantise.ts";
import type { GgufFile, TensorType } from "../model/gguf.ts";
import { LAYER_TENSORS, type LlamaConfig, layerTensorName, tensorOf } from "../model/llama-config.ts";
import type { BackendName } from "./engine.ts";

export interface MemoryPlan {
  /** Weights and adapter as the backend holds them. */
  readonly weightBytes: number;
  /** Tensors alive at once in the widest step of a pass of `passRows`. */
  readonly activationBytes: number;
  /** Rows of one pass, unless a single prompt is longer. */
  readonly passRows: number;
  /** Rows beyond which a pass has a tensor that no kernel can bind. */
  readonly mostRows: number;
  /** The largest weight that a kernel binds. */
  readonly largestWeightBytes: number;
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

// Words of 4 bytes per weight, in the layouts of ops/linear/linear.ts.
const WEBGPU_WORDS: Readonly<Record<TensorType, number>> = {
  F32: 1,
  F16: 1,
  Q4_0: 5 / 32,
  Q4_1: 5 / 32,
  Q8_0: 9 / 32,
};

/** Bytes of one output's 32 weights in the layout of wasm/assembly/weight-layout.ts, whose outputs come in eights. */
const WASM_BLOCK_BYTES: Readonly<Record<TensorType, number>> = {
  F32: 128,
  F16: 128,
  Q4_0: 20,
  Q4_1: 20,
  Q8_0: 34,
};
const WASM_OUTPUTS = 8;

export function planMemory(
  backend: BackendName,
  gguf: GgufFile,
  config: LlamaConfig,
  layerCount: number,
  rank: number,
  largestBindingBytes: number,
): MemoryPlan {
  const { width, ffn, heads, kvHeads, headDim } = config;
  const bytesOf = (name: string) => {
    const tensor = tensorOf(gguf, name);
    const { rows, cols } = matrixShape(tensor);
    if (tensor.shape.length === 1) return cols * 4;
    if (backend === "webgpu") return rows * cols * 4 * WEBGPU_WORDS[tensor.type];
    return (Math.ceil(rows / WASM_OUTPUTS) * WASM_OUTPUTS * cols * WASM_BLOCK_BYTES[tensor.type]) / 32;
  };
  let weightBytes = bytesOf("output_norm.weight");
  let largestWeightBytes = 0;
  for (let layer = 0; layer < layerCount; layer++) {
    for (const tensor of LAYER_TENSORS) weightBytes += bytesOf(layerTensorName(layer, tensor));
    const gateUp = ["ffn_gate", "ffn_up"] as const;
    largestWeightBytes = Math.max(
      largestWeightBytes,
      gateUp.reduce((sum, tensor) => sum + bytesOf(layerTensorName(layer, tensor)), 0),
    );
  }
  const qkvWidth = (heads + 2 * kvHeads) * headDim;
  const adapterWeights = rank * (width + qkvWidth + 2 * width + width + 2 * ffn + ffn + width);
  weightBytes += layerCount * adapterWeights * 4;

  // The widest step holds the residual before and after attention, gate and up, their activation, and the pass's own inputs.
  const rowBytes = 4 * (2 * width + 3 * ffn + headDim + 3 + rank);
  const widestRowBytes = 4 * 2 * ffn;
  const mostRows = Math.max(1, Math.floor(largestBindingBytes / widestRowBytes));
  const affordableRows =
    backend === "webgpu"
      ? Math.floor((mostGpuBytes(layerCount) - GPU_RESERVE_BYTES - weightBytes) / rowBytes)
      : Number.POSITIVE_INFINITY;
  const passRows = Math.min(mostRows, MOST_PASS_ROWS[backend], Math.max(FEWEST_PASS_ROWS, affordableRows));
  return { weightBytes, activationBytes: passRows * rowBytes, passRows, mostRows, largestWeightBytes };
}
