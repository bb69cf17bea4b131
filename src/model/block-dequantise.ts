/**
 * @file Weights out of their blocks, as float32. A block is 32 consecutive inputs of one row; byte j of its 4-bit values holds input
 * j in the low nibble and input j + 16 in the high one. Values equal ggml's to the last bit: every product here is exact in f32.
 */
import { FailureError } from "../core/failure.ts";
import { invariant } from "../core/invariant.ts";
import { BLOCKS, type GgufTensor } from "./gguf.ts";
import { decodeHalf, encodeHalf, halfTable } from "./half.ts";

/** Rows and row length of a tensor seen as a matrix `[out, in]`; a vector is one row. */
export function matrixShape({ shape }: Pick<GgufTensor, "shape">): { rows: number; cols: number } {
  const cols = shape.at(-1) ?? 0;
  return { rows: shape.slice(0, -1).reduce((product, length) => product * length, 1), cols };
}

/** Rows `first` to `end - 1` of a matrix, packed as they are: a view. */
export function matrixRows(matrix: GgufTensor, first: number, end: number): GgufTensor {
  const { rows, cols } = matrixShape(matrix);
  const rowBytes = matrix.bytes.byteLength / rows;
  return {
    ...matrix,
    shape: [end - first, cols],
    bytes: matrix.bytes.subarray(first * rowBytes, end * rowBytes),
  };
}

/** All weights, row-major as the tensor's shape: a new `[out, in]` array. */
export function dequantise(tensor: GgufTensor): Float32Array<ArrayBuffer> {
  const { rows, cols } = matrixShape(tensor);
  const out = new Float32Array(rows * cols);
  decodeBlocks(tensor, 0, rows * cols, out, 0);
  return out;
}

/** One row `[in]` of a matrix, for gathers from an embedding that stays packed. */
export function dequantiseRow(tensor: GgufTensor, row: number): Float32Array<ArrayBuffer> {
  const { rows, cols } = matrixShape(tensor);
  invariant(row >= 0 && row < rows, `row ${row} of ${tensor.name} with ${rows} rows`);
  const out = new Float32Array(cols);
  decodeBlocks(tensor, row * cols, cols, out, 0);
  return out;
}

/**
 * The same weights as Q4_1: `d (q - 8) = d q + m` with `m = -8 d`, exact in f16 unless it overflows, which is refused
 * (`model-unsupported`). Returns a new tensor; other types are returned as they are.
 */
export function repackQ4_0AsQ4_1(tensor: GgufTensor, file: string): GgufTensor {
  if (tensor.type !== "Q4_0") return tensor;
  const from = BLOCKS.Q4_0.bytes;
  const to = BLOCKS.Q4_1.bytes;
  const blocks = tensor.bytes.byteLength / from;
  const bytes = new Uint8Array(blocks * to);
  for (let b = 0; b < blocks; b++) {
    const source = b * from;
    const target = b * to;
    const scaleBits = halfBits(tensor.bytes, source);
    const minimumBits = encodeHalf(-8 * decodeHalf(scaleBits));
    if ((minimumBits & 0x7c00) === 0x7c00)
      throw new FailureError({
        kind: "model-unsupported",
        file,
        reason: `block ${b} of tensor ${tensor.name} has a scale of ${decodeHalf(scaleBits)}, beyond what 4-bit weights can use`,
      });
    bytes[target] = scaleBits & 0xff;
    bytes[target + 1] = scaleBits >> 8;
    bytes[target + 2] = minimumBits & 0xff;
    bytes[target + 3] = minimumBits >> 8;
    bytes.set(tensor.bytes.subarray(source + 2, source + from), target + 4);
  }
  return { ...tensor, type: "Q4_1", bytes };
}

/** Writes weights `first … first + count - 1` to `out` from `at`. Both are whole blocks of the tensor's type. */
function decodeBlocks(
  { type, bytes }: GgufTensor,
  first: number,
  count: number,
  out: Float32Array<ArrayBuffer>,
  at: number,
): void {
  const block = BLOCKS[type];
  const start = (first / block.weights) * block.bytes;
  const end = start + (count / block.weights) * block.bytes;
  invariant(Number.isInteger(start) && end <= bytes.byteLength, `${count} weights of ${type} from ${first}`);
  decoders[type](bytes, start, end, out, at);
}

type Decoder = (
  bytes: Uint8Array,
  start: number,
  end: number,
  out: Float32Array<ArrayBuffer>,
  at: number,
) => void;

// Casts `as number` below: indices are in range by decodeBlocks's check, and a test per weight would triple the time.
const decoders: Readonly<Record<GgufTensor["type"], Decoder>> = {
  F32(bytes, start, end, out, at) {
    const view = new DataView(bytes.buffer, bytes.byteOffset + start, end - start);
    for (let i = 0; i < end - start; i += 4) out[at++] = view.getFloat32(i, true);
  },
  F16(bytes, start, end, out, at) {
    const half = halfTable();
    for (let p = start; p < end; p += 2) out[at++] = half[halfBits(bytes, p)] as number;
  },
  Q4_0(bytes, start, end, out, at) {
    const half = halfTable();
    for (let p = start; p < end; p += 18, at += 32) {
      const scale = half[halfBits(bytes, p)] as number;
      for (let j = 0; j < 16; j++) {
        const pair = bytes[p + 2 + j] as number;
        out[at + j] = scale * ((pair & 15) - 8);
        out[at + j + 16] = scale * ((pair >> 4) - 8);
      }
    }
  },
  Q4_1(bytes, start, end, out, at) {
    const half = halfTable();
    for (let p = start; p < end; p += 20, at += 32) {
      const scale = half[halfBits(bytes, p)] as number;
      const minimum = half[halfBits(bytes, p + 2)] as number;
      for (let j = 0; j < 16; j++) {
        const pair = bytes[p + 4 + j] as number;
        out[at + j] = scale * (pair & 15) + minimum;
        out[at + j + 16] = scale * (pair >> 4) + minimum;
      }
    }
  },
  Q8_0(bytes, start, end, out, at) {
    const half = halfTable();
    for (let p = start; p < end; p += 34, at += 32) {
      const scale = half[halfBits(bytes, p)] as number;
      for (let j = 0; j < 32; j++) out[at + j] = scale * (((bytes[p + 2 + j] as number) << 24) >> 24);
    }
  },
};

function halfBits(bytes: Uint8Array, at: number): number {
  return (bytes[at] as number) | ((bytes[at + 1] as number) << 8);
}
