import { FailureError } from "../core/failure.ts";
import { BLOCKS, type GgufFile, type GgufTensor } from "./gguf.ts";
import { decodeHalf } from "./half.ts";
import { quoted } from "./quoted.ts";

/** Bits of an exponent that makes a value infinite or not a number, in an f16 and in an f32. */
const HALF_EXPONENT = 0x7c00;
const FLOAT_EXPONENT = 0x7f800000;

/** Where a block holds halves, in bytes from its start. */
const HALVES: Readonly<Record<GgufTensor["type"], readonly number[]>> = {
  F32: [],
  F16: [0],
  Q4_0: [0],
  Q4_1: [0, 2],
  Q8_0: [0],
};

/**
 * Throws `file-invalid`, naming tensor and block, where a weight or the scale of a block is infinite or not a number: one such value
 * makes every answer of the model meaningless without a word. Reads every block once.
 */
export function checkFiniteWeights({ file, tensors }: GgufFile): void {
  for (const tensor of tensors.values()) {
    const block = tensor.type === "F32" ? wrongFloat(tensor) : wrongHalf(tensor);
    if (block === null) continue;
    const what = BLOCKS[tensor.type].weights === 1 ? "weight" : "the scale of block";
    throw new FailureError({
      kind: "file-invalid",
      file,
      reason: `tensor ${quoted(tensor.name)}: ${what} ${block.index} is ${block.value}; fetch the file again or convert it anew`,
    });
  }
}

interface WrongBlock {
  readonly index: number;
  readonly value: number;
}

function wrongFloat({ bytes }: GgufTensor): WrongBlock | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at < bytes.byteLength; at += 4)
    if ((view.getUint32(at, true) & FLOAT_EXPONENT) === FLOAT_EXPONENT)
      return { index: at / 4, value: view.getFloat32(at, true) };
  return null;
}

function wrongHalf({ type, bytes }: GgufTensor): WrongBlock | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const stride = BLOCKS[type].bytes;
  for (const offset of HALVES[type])
    for (let at = offset; at < bytes.byteLength; at += stride) {
      const bits = view.getUint16(at, true);
      if ((bits & HALF_EXPONENT) === HALF_EXPONENT)
        return { index: (at - offset) / stride, value: decodeHalf(bits) };
    }
  return null;
}
