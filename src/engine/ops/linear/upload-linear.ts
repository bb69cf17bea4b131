/** @file Matrices from the model file and from packs onto the running backend, in the layout its `linear` kernel wants. */
import { type Tensor2D, tensor2d } from "@tensorflow/tfjs-core";
import { invariant, present } from "../../../core/invariant.ts";
import {
  dequantise,
  dequantiseTransposed,
  matrixShape,
  repackQ4_0AsQ4_1,
} from "../../../model/block-dequantise.ts";
import { BLOCKS, type GgufTensor } from "../../../model/gguf.ts";
import { decodeHalf } from "../../../model/half.ts";
import type { BackendName } from "../../engine.ts";
import { keepPackedCopyOnly } from "../../wasm/packed-copy.ts";
import type { LinearWeight, LowRank } from "./linear.ts";

/**
 * Uploads matrices [out_i, in] stacked by rows to one [sum out_i, in] weight. On webgpu, Q4_0, Q4_1 and Q8_0 stay packed, unless a
 * stack mixes types; everything else becomes f32. The caller disposes `tensor`.
 */
export function uploadLinear(
  backend: BackendName,
  matrices: readonly GgufTensor[],
  file: string,
): LinearWeight {
  const inFeatures = matrixShape(present(matrices[0], "a matrix to upload")).cols;
  const outFeatures = matrices.reduce((sum, matrix) => sum + matrixShape(matrix).rows, 0);
  invariant(
    matrices.every((matrix) => matrixShape(matrix).cols === inFeatures),
    "stacked matrices have the same inputs",
  );
  if (backend === "wasm") {
    const out = new Float32Array(inFeatures * outFeatures);
    let offset = 0;
    for (const matrix of matrices) {
      dequantiseTransposed(matrix, { out, offset, stride: outFeatures });
      offset += matrixShape(matrix).rows;
    }
    const tensor = keepPackedCopyOnly(tensor2d(out, [inFeatures, outFeatures]));
    return { tensor, outFeatures, inFeatures, type: "f32" };
  }
  const packed = matrices.map((matrix) => repackQ4_0AsQ4_1(matrix, file));
  if (packed.every(({ type }) => type === "Q4_1")) {
    const words = joinWords(packed.map(({ bytes }) => wordsOf(bytes)));
    return { tensor: packedTensor(words, outFeatures), outFeatures, inFeatures, type: "q4_1" };
  }
  if (packed.every(({ type }) => type === "Q8_0")) {
    const words = joinWords(packed.map(({ bytes }) => q8_0Words(bytes)));
    return { tensor: packedTensor(words, outFeatures), outFeatures, inFeatures, type: "q8_0" };
  }
  const rows = new Float32Array(outFeatures * inFeatures);
  let at = 0;
  for (const matrix of packed) {
    const weights = dequantise(matrix);
    rows.set(weights, at);
    at += weights.length;
  }
  return { tensor: tensor2d(rows, [outFeatures, inFeatures]), outFeatures, inFeatures, type: "f32" };
}

/** Uploads a [rank, in] and b [out, rank], row-major. The caller disposes both tensors. */
export function uploadLowRank(backend: BackendName, a: Float32Array, b: Float32Array, rank: number): LowRank {
  const inFeatures = a.length / rank;
  const outFeatures = b.length / rank;
  if (backend === "webgpu")
    return { a: tensor2d(a, [rank, inFeatures]), b: tensor2d(b, [outFeatures, rank]), rank };
  return {
    a: keepPackedCopyOnly(tensor2d(transposed(a, rank, inFeatures), [inFeatures, rank])),
    b: keepPackedCopyOnly(tensor2d(transposed(b, outFeatures, rank), [rank, outFeatures])),
    rank,
  };
}

/** Q8_0 blocks as 9 words each: the f32 bits of the scale, then 32 signed bytes, four to a word. */
export function q8_0Words(bytes: Uint8Array): Int32Array<ArrayBuffer> {
  const blocks = bytes.byteLength / BLOCKS.Q8_0.bytes;
  const words = new Int32Array(blocks * 9);
  const scales = new Float32Array(words.buffer);
  const values = new Uint8Array(words.buffer);
  for (let block = 0; block < blocks; block++) {
    const from = block * BLOCKS.Q8_0.bytes;
    scales[block * 9] = decodeHalf(
      present(bytes[from], "a scale") | (present(bytes[from + 1], "a scale") << 8),
    );
    values.set(bytes.subarray(from + 2, from + BLOCKS.Q8_0.bytes), block * 36 + 4);
  }
  return words;
}

function packedTensor(words: Int32Array, outFeatures: number): Tensor2D {
  return tensor2d(words, [outFeatures, words.length / outFeatures], "int32");
}

/** A copy, since the bytes of a file may start at any address. */
function wordsOf(bytes: Uint8Array): Int32Array<ArrayBuffer> {
  return new Int32Array(bytes.slice().buffer);
}

function joinWords(parts: readonly Int32Array<ArrayBuffer>[]): Int32Array<ArrayBuffer> {
  const only = parts[0];
  if (parts.length === 1 && only !== undefined) return only;
  const words = new Int32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    words.set(part, at);
    at += part.length;
  }
  return words;
}

function transposed(values: Float32Array, rows: number, cols: number): Float32Array<ArrayBuffer> {
  const out = new Float32Array(values.length);
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < cols; j++) out[j * rows + i] = values[i * cols + j] ?? Number.NaN;
  return out;
}
