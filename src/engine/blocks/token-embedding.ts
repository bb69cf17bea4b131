/** @file The token embedding, packed on the CPU: rows are unpacked when a prompt needs them, and the tied output head reads it whole. */
import type { TokenId } from "../../core/ids.ts";
import { dequantiseRow, matrixShape } from "../../model/block-dequantise.ts";
import type { GgufFile, GgufTensor } from "../../model/gguf.ts";
import { tensorOf } from "../../model/llama-config.ts";

export class TokenEmbedding {
  readonly vocabulary: number;
  readonly width: number;
  readonly #tensor: GgufTensor;

  /** Copies the packed rows, so that the rest of the file can be released. */
  constructor(gguf: GgufFile) {
    const tensor = tensorOf(gguf, "token_embd.weight");
    this.#tensor = { ...tensor, bytes: tensor.bytes.slice() };
    const { rows, cols } = matrixShape(tensor);
    this.vocabulary = rows;
    this.width = cols;
  }

  /** Row of a token, [width]. */
  row(token: TokenId | number): Float32Array<ArrayBuffer> {
    return dequantiseRow(this.#tensor, token);
  }

  /** Rows `first` to `last - 1`, packed: a view. */
  rows(first: number, last: number): GgufTensor {
    const { name, type, bytes } = this.#tensor;
    const rowBytes = bytes.byteLength / this.vocabulary;
    return {
      name,
      type,
      shape: [last - first, this.width],
      bytes: bytes.subarray(first * rowBytes, last * rowBytes),
    };
  }

  /** hidden · e_i for every token i, [vocabulary], in f64. */
  logits(hidden: Float32Array): Float64Array {
    const logits = new Float64Array(this.vocabulary);
    for (let token = 0; token < this.vocabulary; token++) logits[token] = dot(hidden, this.row(token));
    return logits;
  }
}

export function dot(left: ArrayLike<number>, right: ArrayLike<number>): number {
  let sum = 0;
  // Casts: both have the same length, and this is the inner loop of a product over the whole vocabulary.
  for (let i = 0; i < left.length; i++) sum += (left[i] as number) * (right[i] as number);
  return sum;
}
