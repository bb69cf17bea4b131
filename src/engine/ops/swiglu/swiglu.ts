/** @file The gated activation of the feed-forward block. A kernel is registered per backend under {@link SWIGLU}. */
import { engine, type Tensor, type Tensor2D } from "@tensorflow/tfjs-core";

export const SWIGLU = "BecausalSwiglu";

export interface SwigluInputs {
  readonly gateUp: Tensor2D;
}

/**
 * silu(gate) * up with silu(x) = x / (1 + exp(-x)) (SwiGLU, Shazeer 2020): gateUp [rows, 2 width], gate half first -> [rows, width].
 * Returns a new tensor; the caller disposes it. The input is not consumed.
 */
export function swiglu(gateUp: Tensor2D): Tensor2D {
  return engine().runKernel<Tensor>(SWIGLU, { gateUp }) as Tensor2D;
}
