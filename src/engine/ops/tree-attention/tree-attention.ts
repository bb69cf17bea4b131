/** @file Attention in which branches share a prefix but not each other. A kernel is registered per backend under {@link TREE_ATTENTION}. */
import { engine, type Tensor, type Tensor2D } from "@tensorflow/tfjs-core";
import type { HeadShape } from "../rotary/rotary.ts";

export const TREE_ATTENTION = "BecausalTreeAttention";

export interface TreeAttentionInputs {
  readonly qkv: Tensor2D;
  readonly spans: Tensor2D;
}

export type TreeAttentionAttrs = HeadShape;

/**
 * softmax(q k^T / sqrt(headDim)) v with grouped keys and values (query head h reads kv head floor(h kvHeads / heads)).
 *
 * `spans` int32 [rows, 3] holds (prefixStart, prefixEnd, ownStart): row t attends to the keys in [prefixStart, prefixEnd) and in
 * [ownStart, t]. A prefix row t of a prompt that starts at s has (s, t + 1, t + 1), so its own part is empty; a branch row has
 * (s, s + prefixLength, start of its branch). So several prompts stand in one pass without seeing each other.
 *
 * qkv [rows, (heads + 2 kvHeads) * headDim] after `rotary` -> [rows, heads * headDim].
 * Returns a new tensor; the caller disposes it. No input is consumed.
 */
export function treeAttention(qkv: Tensor2D, spans: Tensor2D, shape: HeadShape): Tensor2D {
  const attrs: TreeAttentionAttrs = { heads: shape.heads, kvHeads: shape.kvHeads, headDim: shape.headDim };
  return engine().runKernel<Tensor>(TREE_ATTENTION, { qkv, spans }, attrs) as Tensor2D;
}
