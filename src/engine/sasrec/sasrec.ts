/** @file SASRec (Kang and McAuley 2018) as docs/formats.md defines it: a causal pre-norm Transformer over item embeddings. */
import type { ItemId } from "../../core/ids.ts";
import { invariant } from "../../core/invariant.ts";
import type { PackManifest } from "../../model/pack-manifest.ts";
import { floatsOf, type SafetensorsFile } from "../../model/safetensors.ts";
import {
  applyDense,
  applyLayerNorm,
  type Dense,
  gelu,
  type LayerNorm,
  readDense,
  readLayerNorm,
} from "./dense.ts";

export type SasrecShape = Pick<
  PackManifest["sasrec"],
  "items" | "dim" | "maxLength" | "layers" | "heads" | "ffn"
>;

interface Layer {
  readonly attentionNorm: LayerNorm;
  readonly attentionIn: Dense;
  readonly attentionOut: Dense;
  readonly ffnNorm: LayerNorm;
  readonly ffnIn: Dense;
  readonly ffnOut: Dense;
}

export class Sasrec {
  readonly shape: SasrecShape;
  readonly #items: Float32Array; // [items, dim]
  readonly #positions: Float32Array; // [maxLength, dim]
  readonly #layers: readonly Layer[];
  readonly #finalNorm: LayerNorm;

  /** Throws `file-invalid` for a tensor that is missing or has another shape. */
  constructor(file: SafetensorsFile, shape: SasrecShape) {
    const { items, dim, maxLength, layers, ffn } = shape;
    this.shape = shape;
    this.#items = floatsOf(file, "item_embedding.weight", [items, dim]);
    this.#positions = floatsOf(file, "position_embedding.weight", [maxLength, dim]);
    this.#layers = Array.from({ length: layers }, (_, i) => ({
      attentionNorm: readLayerNorm(file, `layers.${i}.attention_norm`, dim),
      attentionIn: readDense(file, `layers.${i}.attention.in`, 3 * dim, dim),
      attentionOut: readDense(file, `layers.${i}.attention.out`, dim, dim),
      ffnNorm: readLayerNorm(file, `layers.${i}.ffn_norm`, dim),
      ffnIn: readDense(file, `layers.${i}.ffn.in`, ffn, dim),
      ffnOut: readDense(file, `layers.${i}.ffn.out`, dim, ffn),
    }));
    this.#finalNorm = readLayerNorm(file, "final_norm", dim);
  }

  /** Embedding of an item, [dim]: a view. */
  item(item: ItemId): Float32Array {
    const { items, dim } = this.shape;
    invariant(item < items, `item ${item} of a catalogue of ${items}`);
    return this.#items.subarray(item * dim, (item + 1) * dim);
  }

  /** State z [dim] after the last `maxLength` items, oldest first; zero for an empty history. */
  state(history: readonly ItemId[]): Float32Array {
    const { dim, maxLength } = this.shape;
    const recent = history.slice(-maxLength);
    if (recent.length === 0) return new Float32Array(dim);
    const firstPosition = maxLength - recent.length;
    let rows = recent.map((item, t) => {
      const position = this.#positions.subarray((firstPosition + t) * dim, (firstPosition + t + 1) * dim);
      return add(Float64Array.from(this.item(item)), position);
    });
    for (const [i, layer] of this.#layers.entries()) {
      // Only the last row of the last layer is read.
      const from = i === this.#layers.length - 1 ? rows.length - 1 : 0;
      rows = this.#runLayer(layer, rows, from);
    }
    return Float32Array.from(applyLayerNorm(this.#finalNorm, rows.at(-1) ?? new Float64Array(dim)));
  }

  /** z · e_i for every item, [items]. */
  scores(state: Float32Array): Float32Array {
    const { items, dim } = this.shape;
    const scores = new Float32Array(items);
    for (let item = 0; item < items; item++) {
      let sum = 0;
      // Casts: both lie inside arrays whose shapes were checked, and this loop covers the whole catalogue.
      for (let i = 0; i < dim; i++) sum += (state[i] as number) * (this.#items[item * dim + i] as number);
      scores[item] = sum;
    }
    return scores;
  }

  /** Residual rows `from` and later after the layer; attention still reads all rows. */
  #runLayer(layer: Layer, rows: readonly Float64Array[], from: number): Float64Array[] {
    const { dim } = this.shape;
    const qkv = rows.map((row) => applyDense(layer.attentionIn, applyLayerNorm(layer.attentionNorm, row)));
    return rows.slice(from).map((row, n) => {
      const attended = attendLast(qkv.slice(0, from + n + 1), dim, this.shape.heads);
      const middle = add(applyDense(layer.attentionOut, attended), row);
      const inner = applyDense(layer.ffnIn, applyLayerNorm(layer.ffnNorm, middle)).map(gelu);
      return add(applyDense(layer.ffnOut, inner), middle);
    });
  }
}

/** Attention of the last row over all rows given: qkv rows [3 dim] -> [dim]. */
function attendLast(qkv: readonly Float64Array[], dim: number, heads: number): Float64Array {
  const headDim = dim / heads;
  const output = new Float64Array(dim);
  const last = qkv.at(-1) ?? new Float64Array(3 * dim);
  for (let head = 0; head < heads; head++) {
    const at = head * headDim;
    const query = last.subarray(at, at + headDim);
    const logits = qkv.map((row) => {
      const key = row.subarray(dim + at, dim + at + headDim);
      return query.reduce((sum, value, i) => sum + value * (key[i] ?? 0), 0) / Math.sqrt(headDim);
    });
    const highest = Math.max(...logits);
    const weights = logits.map((logit) => Math.exp(logit - highest));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    for (const [j, row] of qkv.entries()) {
      const weight = (weights[j] ?? 0) / total;
      for (let i = 0; i < headDim; i++)
        output[at + i] = (output[at + i] ?? 0) + weight * (row[2 * dim + at + i] ?? 0);
    }
  }
  return output;
}

function add(left: Float64Array, right: ArrayLike<number>): Float64Array {
  return left.map((value, i) => value + (right[i] ?? Number.NaN));
}
