/** @file The token embedding, packed on the CPU: rows are unpacked when a prompt needs them, and the output head reads it whole unless the file has an output matrix of its own. */
import type { TokenId } from "../../core/ids.ts";
import { dequantiseRow, matrixRows, matrixShape } from "../../model/block-dequantise.ts";
import type { GgufFile, GgufTensor } from "../../model/gguf.ts";
import { outputTensorName, tensorOf } from "../../model/llama-config.ts";

const EMBEDDING = "token_embd.weight";
/** Of 576 values they take 2.4 MB. */
const MOST_UNPACKED_ROWS = 1024;

export class TokenEmbedding {
  readonly vocabulary: number;
  readonly width: number;
  readonly #tensor: GgufTensor;
  readonly #unpacked = new Map<number, Float32Array<ArrayBuffer>>();

  /** Copies the packed rows, so that the rest of the file can be released. `name` is any matrix with one row a token. */
  constructor(gguf: GgufFile, name: string = EMBEDDING) {
    const tensor = tensorOf(gguf, name);
    this.#tensor = { ...tensor, bytes: tensor.bytes.slice() };
    const { rows, cols } = matrixShape(tensor);
    this.vocabulary = rows;
    this.width = cols;
  }

  /** Row of a token, [width]; not to be written to. */
  row(token: TokenId | number): Float32Array<ArrayBuffer> {
    let row = this.#unpacked.get(token);
    if (row !== undefined) return row;
    row = dequantiseRow(this.#tensor, token);
    // The template and the words of titles come back in every prompt. The oldest goes, which is soon back if it is wanted.
    if (this.#unpacked.size >= MOST_UNPACKED_ROWS)
      for (const oldest of this.#unpacked.keys()) {
        this.#unpacked.delete(oldest);
        break;
      }
    this.#unpacked.set(token, row);
    return row;
  }

  /** Rows `first` to `last - 1`, packed: a view. */
  rows(first: number, last: number): GgufTensor {
    return matrixRows(this.#tensor, first, last);
  }
}

/** The rows that a hidden state is multiplied with for logits: the embedding itself where the file ties its output to it. */
export function outputRows(gguf: GgufFile, embedding: TokenEmbedding): TokenEmbedding {
  const name = outputTensorName(gguf);
  return name === EMBEDDING ? embedding : new TokenEmbedding(gguf, name);
}

export function dot(left: ArrayLike<number>, right: ArrayLike<number>): number {
  let sum = 0;
  // Casts: both have the same length, and this is the inner loop of a product over the whole vocabulary.
  for (let i = 0; i < left.length; i++) sum += (left[i] as number) * (right[i] as number);
  return sum;
}
