/** @file The model graph, written once for every backend (Llama: Touvron et al. 2023). */
import {
  concat,
  gather,
  slice,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  tensor1d,
  tensor2d,
} from "@tensorflow/tfjs-core";
import { present } from "../../core/invariant.ts";
import type { AdapterWeights, LayerAdapter, Site } from "../lora/adapter-weights.ts";
import { type LinearWeight, linear, outFeaturesOf } from "../ops/linear/linear.ts";
import type { NextAdapter, Projected } from "../ops/low-rank/projected.ts";
import { rmsNorm, rmsNormFor } from "../ops/rms-norm/rms-norm.ts";
import { rotary } from "../ops/rotary/rotary.ts";
import { swiglu, swigluFor } from "../ops/swiglu/swiglu.ts";
import { treeAttention } from "../ops/tree-attention/tree-attention.ts";
import { orCancelled } from "../or-cancelled.ts";
import { Pace } from "../pace.ts";
import type { DeviceQueue } from "../webgpu/queue.ts";
import { yieldToEvents } from "../yield-to-events.ts";
import type { LayerWeights, LlamaWeights } from "./llama-weights.ts";
import type { Pass } from "./pass.ts";
import { StepScope } from "./step-scope.ts";

export interface GraphOptions {
  readonly signal?: AbortSignal | undefined;
  /** Of the device that runs the graph; default: one that knows of no queue. */
  readonly pace?: Pace | undefined;
  /** Of a device that does later what it is given now. */
  readonly queue?: Pick<DeviceQueue, "place" | "flush"> | null;
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

/** A pass whose last op has been asked for. */
export interface StartedPass {
  /**
   * Hidden states after the output norm, [reads, width]: one per read that was asked for, prompt after prompt. Rejects with
   * `cancelled`, or with what ended the device.
   */
  readonly hidden: Promise<Float32Array>;
}

/** As {@link startGraph}, to the end. */
export async function runGraph(
  pass: Pass,
  weights: LlamaWeights,
  adapter: AdapterWeights | null,
  options: GraphOptions = {},
): Promise<Float32Array> {
  const { hidden } = await startGraph(pass, weights, adapter, options);
  return hidden;
}

/**
 * Asks the device for a whole pass. Where ops are queued, another pass may be started before this one is done. Rejects with
 * `cancelled` between ops. Leaves no tensor behind, also when it fails.
 */
export async function startGraph(
  pass: Pass,
  weights: LlamaWeights,
  adapter: AdapterWeights | null,
  { signal, pace = new Pace(null), queue = null, onMemoryPeak = () => {}, onResidual }: GraphOptions = {},
): Promise<StartedPass> {
  const { config, layers } = weights;
  await yieldToEvents(signal);
  const tensors = uploadPass(pass, config.headDim / 2);
  let residual: Tensor2D = tensor2d(pass.embeddings, [pass.rows, config.width]);
  pace.begin();
  let isStarted = false;
  try {
    for (const tensor of [residual, ...Object.values({ ...tensors })])
      if (tensor !== null) queue?.place(tensor);
    const attended = attendedPairs(pass.ends);
    for (const [i, layer] of layers.entries()) {
      const experts = adapter === null ? null : present(adapter.layers[i], `the adapter of layer ${i}`);
      const isLast = i === layers.length - 1;
      const scope = new StepScope(pace, signal);
      try {
        const next = await runLayer(
          residual,
          layer,
          experts,
          tensors,
          weights,
          isLast,
          { scope, pace, attended },
          onMemoryPeak,
        );
        residual.dispose();
        residual = scope.release(next);
      } finally {
        scope.dispose();
      }
      // The device has stood idle for as long as the pass was planned.
      if (i === 0) queue?.flush();
      if (onResidual !== undefined) await onResidual(i, residual);
    }
    const normed = rmsNorm(residual, weights.outputNorm, config.rmsEpsilon);
    const reading = normed.data<"float32">();
    // A reading cannot be taken back: the tensor stays until it is through, cancelled or not.
    const free = () => normed.dispose();
    reading.then(free, free);
    const hidden = orCancelled(reading, signal).then((values) => takeRows(values, pass.reads, config.width));
    isStarted = true;
    // Whoever asked hears of a failure; this is for the clock alone.
    hidden.then(
      () => pace.end(true),
      () => pace.end(false),
    );
    return { hidden };
  } finally {
    if (!isStarted) pace.end(false);
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

interface LayerPace {
  readonly scope: StepScope;
  readonly pace: Pace;
  /** Pairs of a row and one that it attends to. */
  readonly attended: number;
}

/** A row is attended to by itself and what stands below it. */
function attendedPairs(ends: Int32Array): number {
  return ends.reduce((sum, end, row) => sum + end - row, 0);
}

/** Floating point operations per value of what is bound by memory rather than by arithmetic: it takes about as long. */
const ELEMENTWISE_WORK = 10;
/** Fewer rows at once would leave the kernels' tiles empty. */
const FEWEST_ROWS = 16;

/** One layer: residual [rows, width] -> [rows, width], or only the read rows of it after the last layer. Belongs to the scope. */
async function runLayer(
  input: Tensor2D,
  layer: LayerWeights,
  experts: LayerAdapter | null,
  { cos, sin, ends, gate: fullGate, readRows }: PassTensors,
  { config }: LlamaWeights,
  isLast: boolean,
  { scope, pace, attended: pairs }: LayerPace,
  onMemoryPeak: () => void,
): Promise<Tensor2D> {
  let gate = fullGate;
  const adapterOf = (site: Site): NextAdapter | null =>
    experts === null || gate === null ? null : { lowRank: experts[site], gate };
  const product = (
    { x, inner }: Projected,
    weight: LinearWeight,
    adapter: NextAdapter | null,
    residual?: Tensor2D,
  ): Promise<Tensor2D> => {
    const workPerRow = 2 * weight[0].inFeatures * outFeaturesOf(weight);
    const run = (first: number, rows: number) => {
      const part = (tensor: Tensor2D) =>
        rows === x.shape[0] ? tensor : slice(tensor, [first, 0], [rows, tensor.shape[1]]);
      return scope.step(rows * workPerRow, () =>
        linear(part(x), weight, {
          ...(adapter === null
            ? {}
            : {
                adapter: {
                  lowRank: adapter.lowRank,
                  gate: part(adapter.gate),
                  inner: inner === null ? null : part(inner),
                },
              }),
          ...(residual === undefined ? {} : { residual: part(residual) }),
        }),
      );
    };
    // A queue is where slow devices are met: a software GPU takes a second for what the processor does in a few hundredths.
    const most = pace.isQueued ? Math.max(FEWEST_ROWS, pace.rowsPerStep(workPerRow)) : x.shape[0];
    return inParts(x.shape[0], most, scope, run);
  };
  const elementwise = <T extends Tensor | Projected>(values: number, op: () => T) =>
    scope.step(values * ELEMENTWISE_WORK, op);
  const dropRows = ({ x, inner }: Projected) => scope.drop(x, ...(inner === null ? [] : [inner]));
  const norm = (x: Tensor2D, gain: Tensor1D, adapter: NextAdapter | null) =>
    elementwise<Projected>(x.size, () =>
      adapter === null
        ? { x: rmsNorm(x, gain, config.rmsEpsilon), inner: null }
        : rmsNormFor(adapter, x, gain, config.rmsEpsilon),
    );

  const qkvAdapter = adapterOf("attn_qkv");
  const attentionInput = await norm(input, layer.attentionNorm, qkvAdapter);
  const stacked = await product(attentionInput, layer.qkv, qkvAdapter); // [rows, (heads + 2 kvHeads) * headDim]
  dropRows(attentionInput);
  const qkv = await elementwise(stacked.size, () => rotary(stacked, cos, sin, config));
  scope.drop(stacked);
  let attended = await scope.step(4 * pairs * config.width, () => treeAttention(qkv, ends, config)); // [rows, width]
  scope.drop(qkv);
  let residual = input;
  if (isLast) {
    // Later rows read nothing but keys and values of this layer, so the rest of it is done for the read rows alone.
    const everyRow = attended;
    attended = await scope.step(0, () => gather(everyRow, readRows));
    scope.drop(everyRow);
    residual = await scope.step(0, () => gather(input, readRows));
    gate = fullGate === null ? null : await scope.step(0, () => gather(fullGate, readRows));
  }
  const outputAdapter = adapterOf("attn_output");
  const afterAttention = await product(
    { x: attended, inner: null },
    layer.attentionOutput,
    outputAdapter,
    residual,
  );
  scope.drop(attended);
  const gateUpAdapter = adapterOf("ffn_gate_up");
  const ffnInput = await norm(afterAttention, layer.ffnNorm, gateUpAdapter);
  const gateUp = await product(ffnInput, layer.gateUp, gateUpAdapter); // [rows, 2 ffn]
  dropRows(ffnInput);
  const downAdapter = adapterOf("ffn_down");
  const activated = await elementwise<Projected>(gateUp.size, () =>
    downAdapter === null ? { x: swiglu(gateUp), inner: null } : swigluFor(downAdapter, gateUp),
  ); // [rows, ffn]
  onMemoryPeak();
  scope.drop(gateUp);
  return product(activated, layer.down, downAdapter, afterAttention);
}

/** An op on rows, done for at most `most` of them at a time. */
async function inParts(
  rows: number,
  most: number,
  scope: StepScope,
  run: (first: number, rows: number) => Promise<Tensor2D>,
): Promise<Tensor2D> {
  if (rows <= most) return run(0, rows);
  const parts: Tensor2D[] = [];
  for (let first = 0; first < rows; first += most) parts.push(await run(first, Math.min(most, rows - first)));
  const whole = await scope.step(0, () => concat(parts));
  scope.drop(...parts);
  return whole;
}
