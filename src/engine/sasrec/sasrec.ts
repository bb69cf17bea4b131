/** @file SASRec (Kang and McAuley 2018) as docs/formats.md defines it: a causal pre-norm Transformer over item embeddings. */
import type { ItemId } from "../../core/ids.ts";
import { invariant } from "../../core/invariant.ts";
import type { PackManifest } from "../../model/pack-manifest.ts";
import type { ReadTensor } from "../../model/safetensors.ts";
import {
  applyDenseToRows,
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
  readonly query: Dense;
  /** Keys, then values: [2 dim]. */
  readonly keyValue: Dense;
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
  constructor(read: ReadTensor, shape: SasrecShape) {
    const { items, dim, maxLength, layers, ffn } = shape;
    this.shape = shape;
    this.#items = read("item_embedding.weight", [items, dim]);
    this.#positions = read("position_embedding.weight", [maxLength, dim]);
    this.#layers = Array.from({ length: layers }, (_, i) => {
      const attentionIn = readDense(read, `layers.${i}.attention.in`, 3 * dim, dim);
      return {
        attentionNorm: readLayerNorm(read, `layers.${i}.attention_norm`, dim),
        query: outputsOf(attentionIn, 0, dim),
        keyValue: outputsOf(attentionIn, dim, 3 * dim),
        attentionOut: readDense(read, `layers.${i}.attention.out`, dim, dim),
        ffnNorm: readLayerNorm(read, `layers.${i}.ffn_norm`, dim),
        ffnIn: readDense(read, `layers.${i}.ffn.in`, ffn, dim),
        ffnOut: readDense(read, `layers.${i}.ffn.out`, dim, ffn),
      };
    });
    this.#finalNorm = readLayerNorm(read, "final_norm", dim);
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

  /** z · e_i of one item, rounded to f32 as in {@link scores}. */
  score(state: Float32Array, item: ItemId): number {
    let sum = 0;
    for (const [i, value] of this.item(item).entries()) sum += value * (state[i] ?? 0);
    return Math.fround(sum);
  }

  /** z · e_i for every item, [items]. */
  scores(state: Float32Array): Float32Array {
    const { items, dim } = this.shape;
    const scores = new Float32Array(items);
    const table = this.#items;
    const z = Float64Array.from(state);
    // Two items at once, or each addition waits for the one before. Casts: both lie inside arrays whose shapes were checked, and this
    // loop covers the whole catalogue.
    for (let item = 0; item < items; item += 2) {
      const even = item * dim;
      const odd = Math.min(item + 1, items - 1) * dim;
      let a = 0;
      let b = 0;
      for (let i = 0; i < dim; i++) {
        a += (z[i] as number) * (table[even + i] as number);
        b += (z[i] as number) * (table[odd + i] as number);
      }
      scores[item] = a;
      if (item + 1 < items) scores[item + 1] = b;
    }
    return scores;
  }

  /** Residual rows `from` and later after the layer; attention still reads all rows. */
  #runLayer(layer: Layer, rows: readonly Float64Array[], from: number): Float64Array[] {
    const { heads } = this.shape;
    const normed = rows.map((row) => applyLayerNorm(layer.attentionNorm, row));
    const keyValues = applyDenseToRows(layer.keyValue, normed);
    const later = rows.slice(from);
    const attended = applyDenseToRows(layer.query, normed.slice(from)).map((query, n) =>
      attend(query, keyValues, from + n, heads),
    );
    const middle = applyDenseToRows(layer.attentionOut, attended).map((row, n) =>
      add(row, later[n] as Float64Array),
    );
    const inner = applyDenseToRows(
      layer.ffnIn,
      middle.map((row) => applyLayerNorm(layer.ffnNorm, row)),
    );
    for (const row of inner) for (let i = 0; i < row.length; i++) row[i] = gelu(row[i] as number);
    return applyDenseToRows(layer.ffnOut, inner).map((row, n) => add(row, middle[n] as Float64Array));
  }
}

// Casts `as number` here: this runs for every query of a heatmap, and all indices lie inside rows of 3 dim.

/** Attention of row `last`, whose query is given, over the rows up to it: key and value rows [2 dim] -> [dim]. */
function attend(
  query: Float64Array,
  keyValues: readonly Float64Array[],
  last: number,
  heads: number,
): Float64Array {
  const dim = query.length;
  const headDim = dim / heads;
  const output = new Float64Array(dim);
  const weights = new Float64Array(last + 1);
  for (let head = 0; head < heads; head++) {
    const at = head * headDim;
    let highest = Number.NEGATIVE_INFINITY;
    for (let j = 0; j <= last; j++) {
      const row = keyValues[j] as Float64Array;
      let sum = 0;
      for (let i = at; i < at + headDim; i++) sum += (query[i] as number) * (row[i] as number);
      weights[j] = sum / Math.sqrt(headDim);
      highest = Math.max(highest, weights[j] as number);
    }
    let total = 0;
    for (let j = 0; j <= last; j++) {
      weights[j] = Math.exp((weights[j] as number) - highest);
      total += weights[j] as number;
    }
    for (let j = 0; j <= last; j++) {
      const row = keyValues[j] as Float64Array;
      const weight = (weights[j] as number) / total;
      for (let i = at; i < at + headDim; i++)
        output[i] = (output[i] as number) + weight * (row[dim + i] as number);
    }
  }
  return output;
}

/** The part of a dense layer that gives its outputs `first` to `end - 1`: views. */
function outputsOf({ weight, bias }: Dense, first: number, end: number): Dense {
  const inputs = weight.length / bias.length;
  return { weight: weight.subarray(first * inputs, end * inputs), bias: bias.subarray(first, end) };
}

function add(left: Float64Array, right: ArrayLike<number>): Float64Array {
  const sum = new Float64Array(left.length);
  for (let i = 0; i < sum.length; i++) sum[i] = (left[i] as number) + (right[i] as number);
  return sum;
}
