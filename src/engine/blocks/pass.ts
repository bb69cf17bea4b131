/** @file Several prompts as one pass through the graph, as flat arrays. */

import { itemId } from "../../core/ids.ts";
import { invariant, present } from "../../core/invariant.ts";
import type { LlamaConfig } from "../../model/llama-config.ts";
import { NO_BEHAVIOUR, NULL_BEHAVIOUR } from "../../prompt/packed-prompt.ts";
import type { BehaviourModel } from "../engine.ts";
import { subtreeEnds } from "../ops/tree-attention/subtree-ends.ts";
import { NO_NODE, type PassPrompt, PromptForest, slotBehaviour } from "./prompt-forest.ts";
import type { TokenEmbedding } from "./token-embedding.ts";

/** Rows stand in depth-first order of the prompts' forest, each computed once for all prompts that share it. */
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
  /** Rows whose final hidden state is wanted, each once, ascending. */
  readonly readRows: Int32Array<ArrayBuffer>;
  /** Index into `readRows` of every read that was asked for, prompt after prompt. */
  readonly reads: Int32Array<ArrayBuffer>;
  /** Per prompt the row of each of its positions; -1 where none of its reads depends on it. */
  readonly promptRows: readonly Int32Array<ArrayBuffer>[];
}

/** `behaviour` may be null only if no prompt has a behaviour slot. There must be something to read. */
export function planPass(
  prompts: readonly PassPrompt[],
  config: Pick<LlamaConfig, "width" | "headDim" | "ropeBase">,
  embedding: Pick<TokenEmbedding, "row">,
  behaviour: Pick<BehaviourModel, "embed" | "nullBehaviour"> | null,
): Pass {
  const { width } = config;
  const forest = new PromptForest();
  const promptNodes = prompts.map((prompt) => forest.add(prompt));
  const { slots, positions, parents, gateRows, rowOfNode } = forest.depthFirst();
  const rows = slots.length;
  invariant(rows > 0, "a pass has something to read");
  const promptRows = promptNodes.map((nodes) =>
    nodes.map((node) => (node === NO_NODE ? -1 : present(rowOfNode[node], "a row"))),
  );

  const embeddings = new Float32Array(rows * width);
  eachOnce(
    slots,
    (slot, row) => embeddings.set(slotEmbedding(slot, embedding, behaviour), row * width),
    (first, row) => embeddings.copyWithin(row * width, first * width, (first + 1) * width),
  );

  const asked = prompts.flatMap(({ readRows }, i) =>
    Array.from(readRows, (t) => present(promptRows[i]?.[t], "a row that is read")),
  );
  const readRows = Int32Array.from(new Set(asked)).sort();
  const readAt = new Map(Array.from(readRows, (row, at) => [row, at]));
  return {
    rows,
    embeddings,
    ...rotaryAngles(positions, config),
    ends: subtreeEnds(parents),
    gate: stackGates(gateRows),
    readRows,
    reads: Int32Array.from(asked, (row) => present(readAt.get(row), "a read")),
    promptRows,
  };
}

/** Calls `make` for the first row that holds a value, `copy` for every further one. */
function eachOnce(
  values: Int32Array,
  make: (value: number, row: number) => void,
  copy: (first: number, row: number) => void,
): void {
  const firsts = new Map<number, number>();
  for (const [row, value] of values.entries()) {
    const first = firsts.get(value);
    if (first !== undefined) copy(first, row);
    else {
      firsts.set(value, row);
      make(value, row);
    }
  }
}

function slotEmbedding(
  slot: number,
  embedding: Pick<TokenEmbedding, "row">,
  behaviour: Pick<BehaviourModel, "embed" | "nullBehaviour"> | null,
): Float32Array {
  const item = slotBehaviour(slot);
  if (item === NO_BEHAVIOUR) return embedding.row(slot);
  invariant(behaviour !== null, "behaviour slots need a pack");
  return item === NULL_BEHAVIOUR ? behaviour.nullBehaviour : behaviour.embed(itemId(item));
}

/** Rows of cosines and of sines by position, of one model: prompts come back to the same few hundred positions. */
interface AngleTable {
  readonly cos: (Float32Array | undefined)[];
  readonly sin: (Float32Array | undefined)[];
}

const angleTables = new WeakMap<object, AngleTable>();

/** Angle of pair i at position p: p ropeBase^(-2i / headDim) (Su et al. 2021). */
function rotaryAngles(
  positions: Int32Array,
  config: Pick<LlamaConfig, "headDim" | "ropeBase">,
): Pick<Pass, "cos" | "sin"> {
  const { headDim, ropeBase } = config;
  const pairs = headDim / 2;
  let table = angleTables.get(config);
  if (table === undefined) {
    table = { cos: [], sin: [] };
    angleTables.set(config, table);
  }
  const cos = new Float32Array(positions.length * pairs);
  const sin = new Float32Array(positions.length * pairs);
  for (let row = 0; row < positions.length; row++) {
    const position = present(positions[row], "a position");
    let [cosines, sines] = [table.cos[position], table.sin[position]];
    if (cosines === undefined || sines === undefined) {
      const angles = Array.from({ length: pairs }, (_, i) => position * ropeBase ** ((-2 * i) / headDim));
      cosines = table.cos[position] = Float32Array.from(angles, Math.cos);
      sines = table.sin[position] = Float32Array.from(angles, Math.sin);
    }
    cos.set(cosines, row * pairs);
    sin.set(sines, row * pairs);
  }
  return { cos, sin };
}

function stackGates(gateRows: readonly (Float32Array | null)[]): Float32Array<ArrayBuffer> | null {
  const rank = gateRows[0]?.length ?? 0;
  const stacked = new Float32Array(gateRows.length * rank);
  for (const [row, gateRow] of gateRows.entries()) {
    invariant((gateRow?.length ?? 0) === rank, "every prompt of a pass has a gate of the same rank, or none");
    if (gateRow !== null) stacked.set(gateRow, row * rank);
  }
  return rank === 0 ? null : stacked;
}
