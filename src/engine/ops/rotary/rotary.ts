/** @file Rotary position embedding of stacked queries, keys and values. A kernel is registered per backend under {@link ROTARY}. */
import { engine, type Tensor, type Tensor2D } from "@tensorflow/tfjs-core";

export const ROTARY = "BecausalRotary";

/** How a stacked row [(heads + 2 kvHeads) * headDim] divides: queries, then keys, then values. */
export type HeadShape = {
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
};

export interface RotaryInputs {
  readonly qkv: Tensor2D;
  readonly cos: Tensor2D;
  readonly sin: Tensor2D;
}

export type RotaryAttrs = HeadShape;

/**
 * Rotates the pairs (2i, 2i+1) of every query and key head by the row's angle i (RoPE, Su et al. 2021, in the interleaved order
 * that GGUF permutes q and k to); values stay. qkv [rows, (heads + 2 kvHeads) * headDim], cos and sin [rows, headDim / 2] -> as qkv.
 * Returns a new tensor; the caller disposes it. No input is consumed.
 */
export function rotary(qkv: Tensor2D, cos: Tensor2D, sin: Tensor2D, shape: HeadShape): Tensor2D {
  const attrs: RotaryAttrs = { heads: shape.heads, kvHeads: shape.kvHeads, headDim: shape.headDim };
  return engine().runKernel<Tensor>(ROTARY, { qkv, cos, sin }, attrs) as Tensor2D;
}
