/** @file Attention in a forest: a row sees its ancestors and itself. A kernel is registered per backend under {@link TREE_ATTENTION}. */
import { engine, type Tensor, type Tensor1D, type Tensor2D } from "@tensorflow/tfjs-core";
import type { HeadShape } from "../rotary/rotary.ts";

export const TREE_ATTENTION = "BecausalTreeAttention";

export interface TreeAttentionInputs {
  readonly qkv: Tensor2D;
  readonly ends: Tensor1D;
}

export type TreeAttentionAttrs = HeadShape;

/**
 * softmax(q k^T / sqrt(headDim)) v with grouped keys and values (query head h reads kv head floor(h kvHeads / heads)).
 *
 * The rows stand in depth-first order of a forest: a prompt's prefix is a chain, its branches hang on the last row of it, and prompts
 * that begin alike may share that beginning. `ends` int32 [rows] holds the first row after each row's subtree (`subtreeEnds`): row i
 * attends to key j exactly if j <= i < ends[j], which are its ancestors and itself.
 *
 * qkv [rows, (heads + 2 kvHeads) * headDim] after `rotary` -> [rows, heads * headDim].
 * Returns a new tensor; the caller disposes it. No input is consumed.
 */
export function treeAttention(qkv: Tensor2D, ends: Tensor1D, shape: HeadShape): Tensor2D {
  const attrs: TreeAttentionAttrs = { heads: shape.heads, kvHeads: shape.kvHeads, headDim: shape.headDim };
  return engine().runKernel<Tensor>(TREE_ATTENTION, { qkv, ends }, attrs) as Tensor2D;
}
