/** @file Matrices from the model file and from packs onto the running backend, in the layout its `linear` kernel wants. */
import { engine, type Tensor2D, tensor2d } from "@tensorflow/tfjs-core";
import { invariant, present } from "../../../core/invariant.ts";
import { dequantise, matrixRows, matrixShape, repackQ4_0AsQ4_1 } from "../../../model/block-dequantise.ts";
import { BLOCKS, type GgufTensor, type TensorType } from "../../../model/gguf.ts";
import { decodeHalf } from "../../../model/half.ts";
import type { BackendName } from "../../engine.ts";
import { TYPE_NUMBERS } from "../../wasm/kernels.ts";
import { wasmBackend } from "../../wasm/wasm-backend.ts";
import type { LowRank } from "../low-rank/low-rank.ts";
import { disposeWeight, type LinearWeight, type LinearWeightType, type WeightPart } from "./linear.ts";
import { stackBytes } from "./stack-bytes.ts";

/**
 * Uploads matrices [out_i, in] stacked by rows to one [sum out_i, in] weight, in parts of at most `largestBindingBytes`. Q4_0, Q4_1
 * and Q8_0 stay packed, unless a part mixes types; everything else becomes f32. The caller disposes it (`disposeWeight`). Fails with
 * `out-of-memory` on wasm, and nothing stays then.
 */
export function uploadLinear(
  backend: BackendName,
  matrices: readonly GgufTensor[],
  file: string,
  largestBindingBytes = Number.POSITIVE_INFINITY,
): LinearWeight {
  const inFeatures = matrixShape(present(matrices[0], "a matrix to upload")).cols;
  invariant(
    matrices.every((matrix) => matrixShape(matrix).cols === inFeatures),
    "stacked matrices have the same inputs",
  );
  const packed = matrices.map((matrix) => repackQ4_0AsQ4_1(matrix, file));
  const [first, ...others] = inBindableParts(backend, packed, largestBindingBytes);
  const parts: [WeightPart, ...WeightPart[]] = [uploadPart(backend, present(first, "a part"))];
  try {
    for (const part of others) parts.push(uploadPart(backend, part));
    return parts;
  } catch (error) {
    disposeWeight(parts);
    throw error;
  }
}

/** Stacks of rows, each of which fits; a single row always is a stack. */
function inBindableParts(
  backend: BackendName,
  matrices: readonly GgufTensor[],
  largestBindingBytes: number,
): GgufTensor[][] {
  const bytes = stackBytes(backend, matrices);
  if (bytes <= largestBindingBytes) return [matrices.slice()];
  const rows = matrices.reduce((sum, matrix) => sum + matrixShape(matrix).rows, 0);
  const most = Math.max(1, Math.floor(largestBindingBytes / (bytes / rows)));
  const parts: GgufTensor[][] = [];
  let [part, room]: [GgufTensor[], number] = [[], most];
  for (const matrix of matrices)
    for (let first = 0, { rows: end } = matrixShape(matrix); first < end; ) {
      const last = Math.min(end, first + room);
      part.push(matrixRows(matrix, first, last));
      room -= last - first;
      first = last;
      if (room > 0) continue;
      parts.push(part);
      [part, room] = [[], most];
    }
  if (part.length > 0) parts.push(part);
  return parts;
}

/** Uploads packed matrices stacked by rows. */
function uploadPart(backend: BackendName, packed: readonly GgufTensor[]): WeightPart {
  const inFeatures = matrixShape(present(packed[0], "a matrix to upload")).cols;
  const outFeatures = packed.reduce((sum, matrix) => sum + matrixShape(matrix).rows, 0);
  const sourceType = present(packed[0], "a matrix to upload").type;
  const isUniform = packed.every(({ type }) => type === sourceType);
  if (backend === "wasm") {
    const blocks = packed.map((matrix) => (isUniform ? matrix.bytes : bytesOf(dequantise(matrix))));
    return packOnWasm(isUniform ? sourceType : "F32", blocks, outFeatures, inFeatures);
  }
  if (isUniform && sourceType === "Q4_1") {
    const words = joinWords(packed.map(({ bytes }) => wordsOf(bytes)));
    return { tensor: packedTensor(words, outFeatures), outFeatures, inFeatures, type: "q4_1" };
  }
  if (isUniform && sourceType === "Q8_0") {
    const words = joinWords(packed.map(({ bytes }) => q8_0Words(bytes)));
    return { tensor: packedTensor(words, outFeatures), outFeatures, inFeatures, type: "q8_0" };
  }
  // The shaders read inputs in blocks; only unquantised rows can end inside one, and zeros fill it up.
  const blockInputs = Math.ceil(inFeatures / WEBGPU_BLOCK) * WEBGPU_BLOCK;
  const rows = new Float32Array(outFeatures * blockInputs);
  let at = 0;
  for (const matrix of packed) {
    const weights = dequantise(matrix);
    for (let from = 0; from < weights.length; from += inFeatures, at += blockInputs)
      rows.set(weights.subarray(from, from + inFeatures), at);
  }
  return {
    tensor: tensor2d(rows, [outFeatures, blockInputs]),
    outFeatures,
    inFeatures: blockInputs,
    type: "f32",
  };
}

const WEBGPU_BLOCK = 32;

/** Uploads a [rank, in] and b [out, rank], row-major. The caller disposes both tensors. */
export function uploadLowRank(a: Float32Array, b: Float32Array, rank: number): LowRank {
  return { a: tensor2d(a, [rank, a.length / rank]), b: tensor2d(b, [b.length / rank, rank]), rank };
}

const PACKED_AS: Readonly<Record<TensorType, LinearWeightType>> = {
  F32: "f32",
  F16: "f32",
  Q4_0: "q4_1",
  Q4_1: "q4_1",
  Q8_0: "q8_0",
};

/** The blocks pass through the shared memory once, beside the packed weight, and leave it again. */
function packOnWasm(
  type: TensorType,
  parts: readonly Uint8Array[],
  outFeatures: number,
  inFeatures: number,
): WeightPart {
  const backend = wasmBackend();
  const { runtime } = backend;
  const { kernels } = runtime;
  const number = TYPE_NUMBERS[type];
  const words = kernels.weightBytes(number, outFeatures, inFeatures) / 4;
  const info = backend.makeOutput([words], "int32", "weights");
  try {
    const sourceBytes = parts.reduce((sum, { byteLength }) => sum + byteLength, 0);
    runtime.withScratch(sourceBytes, "weights", (source) => {
      let at = source;
      for (const part of parts) {
        runtime.bytes(at, part.byteLength).set(part);
        at += part.byteLength;
      }
      kernels.packWeight(number, source, outFeatures, inFeatures, backend.addressOf(info));
    });
  } catch (error) {
    backend.disposeData(info.dataId);
    throw error;
  }
  const tensor = engine().makeTensorFromTensorInfo(info);
  return { tensor, outFeatures, inFeatures, type: PACKED_AS[type] };
}

function bytesOf(values: Float32Array<ArrayBuffer>): Uint8Array {
  return new Uint8Array(values.buffer);
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
