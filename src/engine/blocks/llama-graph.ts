/** @file The model graph, written once for every backend (Llama: Touvron et al. 2023). */
import { gather, type Tensor1D, type Tensor2D, tensor1d, tensor2d, tidy } from "@tensorflow/tfjs-core";
import { present } from "../../core/invariant.ts";
import type { AdapterWeights, LayerAdapter, Site } from "../lora/adapter-weights.ts";
import { type LinearWeight, linear } from "../ops/linear/linear.ts";
import { rmsNorm } from "../ops/rms-norm/rms-norm.ts";
import { rotary } from "../ops/rotary/rotary.ts";
import { swiglu } from "../ops/swiglu/swiglu.ts";
import { treeAttention } from "../ops/tree-attention/tree-attention.ts";
import { yieldToEvents } from "../yield-to-events.ts";
import type { LayerWeights, LlamaWeights } from "./llama-weights.ts";
import type { Pass } from "./pass.ts";

export interface GraphOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called where most tensors are alive. */
  readonly onMemoryPeak?: () => void;
  /** Sees the residual [rows, width] after every layer but the last, [read rows, width] after that one. Must not dispose it. */
  readonly onResidual?: (layer: number, residual: Tensor2D) => Promise<void>;
}

interface PassTensors {
  readonly cos: Tensor2D;
  readonly sin: Tensor2D;
  readonly ends: Tensor1D;
  readonly gate: Tensor2D | null;
  readonly readRows: Tensor1D;
}

/**
 * Hidden states after the output norm, [reads, width]: one per read that was asked for, prompt after prompt. Rejects with `cancelled`
 * between layers. Leaves no tensor behind, also when it fails.
 */
export async function runGraph(
  pass: Pass,
  weights: LlamaWeights,
  adapter: AdapterWeights | null,
  { signal, onMemoryPeak = () => {}, onResidual }: GraphOptions = {},
): Promise<Float32Array> {
  const { config, layers } = weights;
  await yieldToEvents(signal);
  const tensors = uploadPass(pass, config.headDim / 2);
  let residual: Tensor2D = tensor2d(pass.embeddings, [pass.rows, config.width]);
  try {
    for (const [i, layer] of layers.entries()) {
      const experts = adapter === null ? null : present(adapter.layers[i], `the adapter of layer ${i}`);
      const isLast = i === layers.length - 1;
      const next = tidy(() => runLayer(residual, layer, experts, tensors, weights, isLast, onMemoryPeak));
      residual.dispose();
      residual = next;
      if (onResidual !== undefined) await onResidual(i, residual);
      await yieldToEvents(signal);
    }
    const hidden = rmsNorm(residual, weights.outputNorm, config.rmsEpsilon);
    try {
      return takeRows(await hidden.data<"float32">(), pass.reads, config.width);
    } finally {
      hidden.dispose();
    }
  } finally {
    residual.dispose();
    for (const tensor of Object.values(tensors)) tensor?.dispose();
  }
}

/** Rows of [*, width] in another order, or more than once. */
function takeRows(values: Float32Array, rows: Int32Array, width: number): Float32Array {
  const taken = new Float32Array(rows.length * width);
  for (const [i, row] of rows.entries())
    taken.set(values.subarray(row * width, (row + 1) * width), i * width);
  return taken;
}

function uploadPass(pass: Pass, pairs: number): PassTensors {
  const { rows, gate } = pass;
  return {
    cos: tensor2d(pass.cos, [rows, pairs]),
    sin: tensor2d(pass.sin, [rows, pairs]),
    ends: tensor1d(pass.ends, "int32"),
    gate: gate === null ? null : tensor2d(gate, [rows, gate.length / rows]),
    readRows: tensor1d(pass.readRows, "int32"),
  };
}

/** One layer: residual [rows, width] -> [rows, width], or only the read rows of it after the last layer. Call inside `tidy`. */
function runLayer(
  input: Tensor2D,
  layer: LayerWeights,
  experts: LayerAdapter | null,
  { cos, sin, ends, gate: fullGate, readRows }: PassTensors,
  { config }: LlamaWeights,
  isLast: boolean,
  onMemoryPeak: () => void,
): Tensor2D {
  let gate = fullGate;
  const project = (x: Tensor2D, weight: LinearWeight, site: Site, residual?: Tensor2D): Tensor2D =>
    linear(x, weight, {
      ...(experts === null || gate === null ? {} : { adapter: { lowRank: experts[site], gate } }),
      ...(residual === undefined ? {} : { residual }),
    });

  const attentionInput = rmsNorm(input, layer.attentionNorm, config.rmsEpsilon);
  const stacked = project(attentionInput, layer.qkv, "attn_qkv"); // [rows, (heads + 2 kvHeads) * headDim]
  attentionInput.dispose();
  const qkv = rotary(stacked, cos, sin, config);
  stacked.dispose();
  let attended = treeAttention(qkv, ends, config); // [rows, width]
  qkv.dispose();
  let residual = input;
  if (isLast) {
    // Later rows read nothing but keys and values of this layer, so the rest of it is done for the read rows alone.
    attended = gather(attended, readRows);
    residual = gather(input, readRows);
    gate = fullGate === null ? null : gather(fullGate, readRows);
  }
  const afterAttention = project(attended, layer.attentionOutput, "attn_output", residual);
  attended.dispose();
  const ffnInput = rmsNorm(afterAttention, layer.ffnNorm, config.rmsEpsilon);
  const gateUp = project(ffnInput, layer.gateUp, "ffn_gate_up"); // [rows, 2 ffn]
  ffnInput.dispose();
  const activated = swiglu(gateUp); // [rows, ffn]
  onMemoryPeak();
  gateUp.dispose();
  return project(activated, layer.down, "ffn_down", afterAttention);
}
