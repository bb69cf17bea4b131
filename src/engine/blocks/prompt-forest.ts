/** @file Prompts merged where they begin alike, so that the graph computes what they share once. */
import { invariant, present } from "../../core/invariant.ts";
import { NO_BEHAVIOUR, type PackedPrompt } from "../../prompt/packed-prompt.ts";

export interface PassPrompt {
  readonly packed: PackedPrompt;
  /** [rank] factors of the adapter's ranks; null without an adapter. */
  readonly gateRow: Float32Array | null;
  /** Positions of the prompt whose final hidden state is wanted. */
  readonly readRows: Int32Array;
}

/** The rows of a forest in depth-first order, all arrays [rows]. */
export interface ForestRows {
  /** What stands there, a token, or a behaviour that {@link slotBehaviour} reads. */
  readonly slots: Int32Array;
  /** Rotary positions. */
  readonly positions: Int32Array;
  /** Row of the parent, -1 for a root. */
  readonly parents: Int32Array;
  /** The factors of the adapter's ranks; null without an adapter. */
  readonly gateRows: readonly (Float32Array | null)[];
  /** Row of every node. */
  readonly rowOfNode: Int32Array;
}

/** `nodes` entry of a position that no read position depends on. */
export const NO_NODE = -1;

/**
 * A trie of prompts: two positions are one node exactly if they hold the same slot at the same rotary position, under the same parent
 * and the same gate. Their hidden states are then the same in every layer, since a row sees its ancestors only. This holds between
 * prompts and inside one, where candidates' titles begin alike. Positions that no read position depends on get no node.
 */
export class PromptForest {
  // One entry per node. A gate's node stands above the first positions of its prompts; it is no row.
  readonly #slots: number[] = [];
  readonly #positions: number[] = [];
  readonly #parents: number[] = [];
  /** Newest child, then each child's next older sibling. */
  readonly #newestChild: number[] = [];
  readonly #olderSibling: number[] = [];
  readonly #gates: { readonly gateRow: Float32Array | null; readonly node: number }[] = [];

  get rows(): number {
    return this.#slots.length - this.#gates.length;
  }

  /** Puts a prompt in: the node of each of its positions, or {@link NO_NODE}. */
  add({ packed, gateRow, readRows }: PassPrompt): Int32Array<ArrayBuffer> {
    const parents = parentPositions(packed);
    const isNeeded = new Uint8Array(parents.length);
    for (const read of readRows) {
      invariant(read >= 0 && read < parents.length, `a prompt of ${parents.length} has no position ${read}`);
      for (let t = read; t >= 0 && isNeeded[t] === 0; t = present(parents[t], "a parent")) isNeeded[t] = 1;
    }
    const root = this.#gateNode(gateRow);
    const nodes = new Int32Array(parents.length).fill(NO_NODE);
    for (let t = 0; t < nodes.length; t++) {
      if (isNeeded[t] === 0) continue;
      const above = present(parents[t], "a parent");
      const parent = above < 0 ? root : present(nodes[above], "a node");
      nodes[t] = this.#child(parent, slotAt(packed, t), present(packed.position[t], "a position"));
    }
    return nodes;
  }

  /** How many rows a prompt would add. */
  rowsAdded(prompt: PassPrompt): number {
    const [nodes, rows] = [this.#slots.length, this.rows];
    this.add(prompt);
    const added = this.rows - rows;
    // Newest first, so that each is its parent's newest child.
    while (this.#slots.length > nodes) this.#removeNewest();
    return added;
  }

  /** Children in the order in which they came. */
  depthFirst(): ForestRows {
    const { rows } = this;
    const slots = new Int32Array(rows);
    const positions = new Int32Array(rows);
    const parents = new Int32Array(rows);
    const gateRows: (Float32Array | null)[] = [];
    const rowOfNode = new Int32Array(this.#slots.length).fill(-1);
    for (const { gateRow, node } of this.#gates) {
      const waiting = this.#children(node);
      for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
        const row = gateRows.length;
        rowOfNode[next] = row;
        slots[row] = present(this.#slots[next], "a slot");
        positions[row] = present(this.#positions[next], "a position");
        parents[row] = present(rowOfNode[present(this.#parents[next], "a parent")], "the parent's row");
        gateRows.push(gateRow);
        waiting.push(...this.#children(next));
      }
    }
    return { slots, positions, parents, gateRows, rowOfNode };
  }

  /** Newest first. */
  #children(node: number): number[] {
    const children: number[] = [];
    for (
      let child = this.#newestChild[node] ?? NO_NODE;
      child !== NO_NODE;
      child = this.#olderSibling[child] ?? NO_NODE
    )
      children.push(child);
    return children;
  }

  #gateNode(gateRow: Float32Array | null): number {
    const known = this.#gates.find((gate) => isSameGate(gate.gateRow, gateRow));
    if (known !== undefined) return known.node;
    const node = this.#append(NO_NODE, 0, 0);
    this.#gates.push({ gateRow, node });
    return node;
  }

  #child(parent: number, slot: number, position: number): number {
    let child = this.#newestChild[parent] ?? NO_NODE;
    while (child !== NO_NODE && (this.#slots[child] !== slot || this.#positions[child] !== position))
      child = this.#olderSibling[child] ?? NO_NODE;
    return child === NO_NODE ? this.#append(parent, slot, position) : child;
  }

  #append(parent: number, slot: number, position: number): number {
    const node = this.#slots.length;
    this.#slots.push(slot);
    this.#positions.push(position);
    this.#parents.push(parent);
    this.#newestChild.push(NO_NODE);
    this.#olderSibling.push(this.#newestChild[parent] ?? NO_NODE);
    if (parent !== NO_NODE) this.#newestChild[parent] = node;
    return node;
  }

  #removeNewest(): void {
    this.#slots.pop();
    this.#positions.pop();
    this.#newestChild.pop();
    const parent = present(this.#parents.pop(), "a parent");
    const older = present(this.#olderSibling.pop(), "a sibling");
    if (parent === NO_NODE) this.#gates.pop();
    else this.#newestChild[parent] = older;
  }
}

/** Position above each position, -1 for the first: the prefix is a chain, and every branch a chain under its end. */
export function parentPositions({ tokens, prefixLength, branchStart }: PackedPrompt): Int32Array {
  const parents = new Int32Array(tokens.length);
  for (let t = 0; t < parents.length; t++) parents[t] = t - 1;
  // The last entry is the prompt's length, which a write leaves out.
  for (const start of branchStart) parents[start] = prefixLength - 1;
  return parents;
}

// One number tells all slots apart: text is its token, and behaviours go down from -1, where the null vector comes first.
const SLOT_OF_BEHAVIOUR_0 = -3;

function slotAt({ tokens, behaviour }: PackedPrompt, t: number): number {
  const item = present(behaviour[t], "a behaviour");
  return item === NO_BEHAVIOUR ? present(tokens[t], "a token") : SLOT_OF_BEHAVIOUR_0 - item;
}

/** `behaviour` value of a slot as a packed prompt has it. */
export function slotBehaviour(slot: number): number {
  return slot >= 0 ? NO_BEHAVIOUR : SLOT_OF_BEHAVIOUR_0 - slot;
}

function isSameGate(one: Float32Array | null, other: Float32Array | null): boolean {
  if (one === null || other === null) return one === other;
  return one.length === other.length && one.every((factor, i) => factor === other[i]);
}
