/** @file The gated activation of the feed-forward block. A kernel is registered per backend under {@link SWIGLU}. */
import { engine, type Tensor, type Tensor2D } from "@tensorflow/tfjs-core";
import { asProjected, type NextAdapter, type Projected } from "../low-rank/projected.ts";

export const SWIGLU = "BecausalSwiglu";

export interface SwigluInputs {
  readonly gateUp: Tensor2D;
  /** Of the adapter that reads the result; both or neither. A kernel may leave them aside. */
  readonly a?: Tensor2D;
  readonly gate?: Tensor2D;
}

/**
 * silu(gate) * up with silu(x) = x / (1 + exp(-x)) (SwiGLU, Shazeer 2020): gateUp [rows, 2 width], gate half first -> [rows, width].
 * Returns a new tensor; the caller disposes it. The input is not consumed.
 */
export function swiglu(gateUp: Tensor2D): Tensor2D {
  return engine().runKernel<Tensor>(SWIGLU, { gateUp }) as Tensor2D;
}

/** As {@link swiglu}, for a linear layer with an adapter. The caller disposes both tensors. */
export function swigluFor({ lowRank, gate }: NextAdapter, gateUp: Tensor2D): Projected {
  return asProjected(engine().runKernel<Tensor | Tensor[]>(SWIGLU, { gateUp, a: lowRank.a, gate }));
}
