import type { BackendWasm } from "@tensorflow/tfjs-backend-wasm";
import type { TensorInfo } from "@tensorflow/tfjs-core";
import { present } from "../../../core/invariant.ts";
import { heapFloats, heapInts, product, softmaxRows, wasmKernel } from "../../wasm/wasm-kernel.ts";
import type { HeadShape } from "../rotary/rotary.ts";
import { TREE_ATTENTION, type TreeAttentionAttrs, type TreeAttentionInputs } from "./tree-attention.ts";

// Far below any logit, and finite: XNNPACK's exp of it is an exact 0.
const MASKED = -1e30;

/**
 * Rows with the same prefix share two XNNPACK products, one against the prefix keys and one against the prefix values. A row's
 * own branch is a few keys: plain loops, whose logits stand in extra columns so that one softmax covers both parts.
 */
export const treeAttentionWasm = wasmKernel<TreeAttentionInputs, TreeAttentionAttrs>(
  TREE_ATTENTION,
  (backend, { qkv, spans }, shape) => {
    const rows = present(qkv.shape[0], "the row count of qkv");
    const output = backend.makeOutput([rows, shape.heads * shape.headDim], "float32");
    for (const run of sharedPrefixRuns(heapInts(backend, spans))) {
      for (let kvHead = 0; kvHead < shape.kvHeads; kvHead++)
        attendRun(backend, { qkv, spans, output }, shape, run, kvHead);
    }
    return output;
  },
);

/** Rows [first, last) whose prefix starts at the same key. */
interface Run {
  readonly first: number;
  readonly last: number;
  readonly prefixStart: number;
  /** Longest prefix of these rows. */
  readonly prefixLength: number;
  /** Most keys that one of these rows sees in its own branch. */
  readonly ownLength: number;
}

function sharedPrefixRuns(spans: Int32Array): Run[] {
  const runs: Run[] = [];
  const rows = spans.length / 3;
  // Casts: rows has three spans each.
  for (let first = 0, last = 0; first < rows; first = last) {
    const prefixStart = spans[3 * first] as number;
    let prefixLength = 0;
    let ownLength = 0;
    for (last = first; last < rows && spans[3 * last] === prefixStart; last++) {
      prefixLength = Math.max(prefixLength, (spans[3 * last + 1] as number) - prefixStart);
      ownLength = Math.max(ownLength, last + 1 - (spans[3 * last + 2] as number));
    }
    runs.push({ first, last, prefixStart, prefixLength, ownLength });
  }
  return runs;
}

function attendRun(
  backend: BackendWasm,
  {
    qkv,
    spans,
    output,
  }: { readonly qkv: TensorInfo; readonly spans: TensorInfo; readonly output: TensorInfo },
  { heads, kvHeads, headDim }: HeadShape,
  { first, last, prefixStart, prefixLength, ownLength }: Run,
  kvHead: number,
): void {
  const width = (heads + 2 * kvHeads) * headDim;
  const group = heads / kvHeads;
  const rows = last - first;
  const keysSeen = prefixLength + ownLength;
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
    for (let j = 0; j < prefixLength; j++) {
      const row = (prefixStart + j) * width;
      for (let i = 0; i < headDim; i++) k[i * keysSeen + j] = from[row + keyAt + i] as number;
      v.set(from.subarray(row + valueAt, row + valueAt + headDim), j * headDim);
    }
  }

  const logits = product(backend, queries, keys);
  {
    const from = heapFloats(backend, qkv);
    const bounds = heapInts(backend, spans);
    const q = heapFloats(backend, queries);
    const s = heapFloats(backend, logits);
    for (let h = 0, n = 0; h < group; h++) {
      for (let t = first; t < last; t++, n++) {
        const row = n * keysSeen;
        const seen = (bounds[3 * t + 1] as number) - prefixStart;
        s.fill(MASKED, row + seen, row + keysSeen);
        for (let j = bounds[3 * t + 2] as number, own = row + prefixLength; j <= t; j++, own++) {
          const key = j * width + keyAt;
          let sum = 0;
          for (let i = 0; i < headDim; i++) sum += (q[n * headDim + i] as number) * (from[key + i] as number);
          s[own] = sum;
        }
      }
    }
  }
  const weights = softmaxRows(backend, logits);
  const mixed = product(backend, weights, values);
  {
    const from = heapFloats(backend, qkv);
    const bounds = heapInts(backend, spans);
    const p = heapFloats(backend, weights);
    const prefixPart = heapFloats(backend, mixed);
    const y = heapFloats(backend, output);
    for (let h = 0, n = 0; h < group; h++) {
      for (let t = first; t < last; t++, n++) {
        const to = t * heads * headDim + (kvHead * group + h) * headDim;
        y.set(prefixPart.subarray(n * headDim, (n + 1) * headDim), to);
        let own = n * keysSeen + prefixLength;
        for (let j = bounds[3 * t + 2] as number; j <= t; j++, own++) {
          const weight = p[own] as number;
          const value = j * width + valueAt;
          for (let i = 0; i < headDim; i++)
            y[to + i] = (y[to + i] as number) + weight * (from[value + i] as number);
        }
      }
    }
  }
  for (const info of [queries, keys, values, logits, weights, mixed]) backend.disposeData(info.dataId);
}
