/** @file Several prompts laid end to end as one pass through the graph, as flat arrays. */

import { itemId } from "../../core/ids.ts";
import { invariant, present } from "../../core/invariant.ts";
import type { LlamaConfig } from "../../model/llama-config.ts";
import {
  NO_BEHAVIOUR,
  NULL_BEHAVIOUR,
  type PackedPrompt,
  PREFIX_BRANCH,
} from "../../prompt/packed-prompt.ts";
import type { BehaviourModel } from "../engine.ts";
import type { TokenEmbedding } from "./token-embedding.ts";

export interface PassPrompt {
  readonly packed: PackedPrompt;
  /** [rank] factors of the adapter's ranks; null without an adapter. */
  readonly gateRow: Float32Array | null;
  /** Positions of the prompt whose final hidden state is wanted. */
  readonly readRows: Int32Array;
}

export interface Pass {
  readonly rows: number;
  /** [rows, width] */
  readonly embeddings: Float32Array<ArrayBuffer>;
  /** [rows, headDim / 2] */
  readonly cos: Float32Array<ArrayBuffer>;
  readonly sin: Float32Array<ArrayBuffer>;
  /** [rows] first row after each row's subtree, as `treeAttention` takes it. */
  readonly ends: Int32Array<ArrayBuffer>;
  /** [rows, rank]; null without an adapter. */
  readonly gate: Float32Array<ArrayBuffer> | null;
  /** Rows of the pass to read, prompt after prompt. */
  readonly readRows: Int32Array<ArrayBuffer>;
}

/** `behaviour` may be null only if no prompt has a behaviour slot. */
export function planPass(
  prompts: readonly PassPrompt[],
  config: LlamaConfig,
  embedding: TokenEmbedding,
  behaviour: BehaviourModel | null,
): Pass {
  const { width, headDim, ropeBase } = config;
  const rows = prompts.reduce((sum, { packed }) => sum + packed.tokens.length, 0);
  const pairs = headDim / 2;
  const rank = prompts[0]?.gateRow?.length ?? 0;
  const embeddings = new Float32Array(rows * width);
  const cos = new Float32Array(rows * pairs);
  const sin = new Float32Array(rows * pairs);
  const ends = new Int32Array(rows);
  const gate = rank === 0 ? null : new Float32Array(rows * rank);
  const readRows: number[] = [];
  const frequencies = Float64Array.from({ length: pairs }, (_, i) => ropeBase ** ((-2 * i) / headDim));

  let start = 0;
  for (const { packed, gateRow, readRows: promptReadRows } of prompts) {
    invariant((gateRow?.length ?? 0) === rank, "every prompt of a pass has a gate of the same rank, or none");
    for (let t = 0; t < packed.tokens.length; t++) {
      const row = start + t;
      embeddings.set(slotEmbedding(packed, t, embedding, behaviour), row * width);
      const position = present(packed.position[t], "a position");
      for (const [i, frequency] of frequencies.entries()) {
        cos[row * pairs + i] = Math.cos(position * frequency);
        sin[row * pairs + i] = Math.sin(position * frequency);
      }
      ends[row] = start + subtreeEnd(packed, t);
      if (gate !== null && gateRow !== null) gate.set(gateRow, row * rank);
    }
    for (const row of promptReadRows) readRows.push(start + row);
    start += packed.tokens.length;
  }
  return { rows, embeddings, cos, sin, ends, gate, readRows: Int32Array.from(readRows) };
}

function slotEmbedding(
  packed: PackedPrompt,
  t: number,
  embedding: TokenEmbedding,
  behaviour: BehaviourModel | null,
): Float32Array {
  const item = present(packed.behaviour[t], "a behaviour");
  if (item === NO_BEHAVIOUR) return embedding.row(present(packed.tokens[t], "a token"));
  invariant(behaviour !== null, "behaviour slots need a pack");
  return item === NULL_BEHAVIOUR ? behaviour.nullBehaviour : behaviour.embed(itemId(item));
}

/** The prefix is a chain under which all branches stand, each of them a chain. */
function subtreeEnd({ branch, branchStart, tokens }: PackedPrompt, t: number): number {
  const own = present(branch[t], "a branch");
  return own === PREFIX_BRANCH ? tokens.length : present(branchStart[own], "the end of a branch");
}
