/** @file What weights take in the layouts of linear.ts, known before anything is uploaded. */
import { matrixShape } from "../../../model/block-dequantise.ts";
import type { GgufTensor, TensorType } from "../../../model/gguf.ts";
import type { BackendName } from "../../engine.ts";

// Bytes of one output's 32 weights.
const BLOCK_BYTES: Readonly<Record<BackendName, Readonly<Record<TensorType, number>>>> = {
  webgpu: { F32: 128, F16: 128, Q4_0: 20, Q4_1: 20, Q8_0: 36 },
  // wasm/assembly/weight-layout.ts
  wasm: { F32: 128, F16: 128, Q4_0: 20, Q4_1: 20, Q8_0: 34 },
};
/** The WASM layout comes in tiles of so many outputs. */
const OUTPUTS_AT_ONCE: Readonly<Record<BackendName, number>> = { webgpu: 1, wasm: 8 };
const BLOCK = 32;

/** Bytes of matrices stacked to one weight: packed where all have the same type, else as f32. */
export function stackBytes(
  backend: BackendName,
  matrices: readonly Pick<GgufTensor, "type" | "shape">[],
): number {
  const blockBytes = matrices.map(({ type }) => BLOCK_BYTES[backend][type]);
  const sameBytes = blockBytes.every((bytes) => bytes === blockBytes[0]);
  let rows = 0;
  let blocks = 0;
  for (const matrix of matrices) {
    const shape = matrixShape(matrix);
    rows += shape.rows;
    blocks = Math.ceil(shape.cols / BLOCK);
  }
  const outputs = OUTPUTS_AT_ONCE[backend];
  return (
    Math.ceil(rows / outputs) *
    outputs *
    blocks *
    (sameBytes ? (blockBytes[0] ?? 0) : BLOCK_BYTES[backend].F32)
  );
}
