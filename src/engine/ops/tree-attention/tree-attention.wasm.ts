import type { BackendWasm } from "@tensorflow/tfjs-backend-wasm";
import type { TensorInfo } from "@tensorflow/tfjs-core";
import { present } from "../../../core/invariant.ts";
import { heapFloats, heapInts, product, softmaxRows, wasmKernel } from "../../wasm/wasm-kernel.ts";
import type { HeadShape } from "../rotary/rotary.ts";
import { TREE_ATTENTION, type TreeAttentionAttrs, type TreeAttentionInputs } from "./tree-attention.ts";

// Far below any logit, and finite: XNNPACK's exp of it is an exact 0.
const MASKED = -1e30;

/**
 * The rows of a tree share two XNNPACK products, one against the keys of its trunk and one against the values: the trunk is the chain
 * from the root down to the first fork. What a row sees beyond it is a few keys: plain loops, whose logits stand in extra columns so
 * that one softmax covers both parts.
 */
export const treeAttentionWasm = wasmKernel<TreeAttentionInputs, TreeAttentionAttrs>(
  TREE_ATTENTION,
  (backend, { qkv, ends }, shape) => {
    const rows = present(qkv.shape[0], "the row count of qkv");
    const output = backend.makeOutput([rows, shape.heads * shape.headDim], "float32");
    for (const tree of readForest(heapInts(backend, ends))) {
      for (let kvHead = 0; kvHead < shape.kvHeads; kvHead++)
        attendTree(backend, { qkv, output }, shape, tree, kvHead);
    }
    return output;
  },
);

/** Rows [first, last) under one root. */
interface Tree {
  readonly first: number;
  readonly last: number;
  /** Rows of the chain from the root to the first fork. */
  readonly trunkLength: number;
  /** Per row, the keys it sees beyond the trunk. */
  readonly own: readonly (readonly number[])[];
  /** Most of these. */
  readonly ownLength: number;
}

function readForest(ends: Int32Array): Tree[] {
  const trees: Tree[] = [];
  // Casts: indices are rows.
  for (let first = 0, last = 0; first < ends.length; first = last) {
    last = ends[first] as number;
    let trunkEnd = first;
    while (trunkEnd < last && ends[trunkEnd] === last) trunkEnd++;
    const own: number[][] = [];
    for (let t = first; t < last; t++) {
      const seen: number[] = [];
      for (let j = trunkEnd; j <= t; j = (ends[j] as number) <= t ? (ends[j] as number) : j + 1)
        if ((ends[j] as number) > t) seen.push(j);
      own.push(seen);
    }
    const ownLength = own.reduce((most, { length }) => Math.max(most, length), 0);
    trees.push({ first, last, trunkLength: trunkEnd - first, own, ownLength });
  }
  return trees;
}

function attendTree(
  backend: BackendWasm,
  { qkv, output }: { readonly qkv: TensorInfo; readonly output: TensorInfo },
  { heads, kvHeads, headDim }: HeadShape,
  { first, last, trunkLength, own, ownLength }: Tree,
  kvHead: number,
): void {
  const width = (heads + 2 * kvHeads) * headDim;
  const group = heads / kvHeads;
  const rows = last - first;
  const keysSeen = trunkLength + ownLength;
  const keyAt = (heads + kvHead) * headDim;
  const valueAt = (heads + kvHeads + kvHead) * headDim;
  const scale = 1 / Math.sqrt(headDim);

  const queries = backend.makeOutput([group * rows, headDim], "float32"); // [head of group, row]
  const keys = backend.makeOutput([headDim, keysSeen], "float32"); // own columns are 0, filled after the product
  const values = backend.makeOutput([keysSeen, headDim], "float32"); // own rows are 0, added after the product
  {
    const from = heapFloats(backend, qkv);
    const q = heapFloats(backend, queries);
    for (let h = 0, to = 0; h < group; h++) {
      for (let t = first; t < last; t++, to += headDim) {
        const at = t * width + (kvHead * group + h) * headDim;
        for (let i = 0; i < headDim; i++) q[to + i] = (from[at + i] as number) * scale;
      }
    }
    const k = heapFloats(backend, keys).fill(0);
    const v = heapFloats(backend, values).fill(0);
    for (let j = 0; j < trunkLength; j++) {
      const row = (first + j) * width;
      for (let i = 0; i < headDim; i++) k[i * keysSeen + j] = from[row + keyAt + i] as number;
      v.set(from.subarray(row + valueAt, row + valueAt + headDim), j * headDim);
    }
  }

  const logits = product(backend, queries, keys);
  {
    const from = heapFloats(backend, qkv);
    const q = heapFloats(backend, queries);
    const s = heapFloats(backend, logits);
    for (let h = 0, n = 0; h < group; h++) {
      for (let t = first; t < last; t++, n++) {
        const row = n * keysSeen;
        const seen = Math.min(trunkLength, t + 1 - first);
        s.fill(MASKED, row + seen, row + keysSeen);
        for (const [k, j] of (own[t - first] ?? []).entries()) {
          const key = j * width + keyAt;
          let sum = 0;
          for (let i = 0; i < headDim; i++) sum += (q[n * headDim + i] as number) * (from[key + i] as number);
          s[row + trunkLength + k] = sum;
        }
      }
    }
  }
  const weights = softmaxRows(backend, logits);
  const mixed = product(backend, weights, values);
  {
    const from = heapFloats(backend, qkv);
    const p = heapFloats(backend, weights);
    const trunkPart = heapFloats(backend, mixed);
    const y = heapFloats(backend, output);
    for (let h = 0, n = 0; h < group; h++) {
      for (let t = first; t < last; t++, n++) {
        const to = t * heads * headDim + (kvHead * group + h) * headDim;
        y.set(trunkPart.subarray(n * headDim, (n + 1) * headDim), to);
        for (const [k, j] of (own[t - first] ?? []).entries()) {
          const weight = p[n * keysSeen + trunkLength + k] as number;
          const value = j * width + valueAt;
          for (let i = 0; i < headDim; i++)
            y[to + i] = (y[to + i] as number) + weight * (from[value + i] as number);
        }
      }
    }
  }
  for (const info of [queries, keys, values, logits, weights, mixed]) backend.disposeData(info.dataId);
}
