import { extent } from "../../wasm/wasm-backend.ts";
import { fillOutput, floatsAt, wasmKernel } from "../../wasm/wasm-kernel.ts";
import { ROTARY, type RotaryAttrs, type RotaryInputs } from "./rotary.ts";

export const rotaryWasm = wasmKernel<RotaryInputs, RotaryAttrs>(
  ROTARY,
  (backend, { qkv, cos, sin }, { heads, kvHeads, headDim }) => {
    const rows = extent(qkv, 0);
    const width = (heads + 2 * kvHeads) * headDim;
    const qkvAt = floatsAt(backend, qkv, rows, width);
    const cosAt = floatsAt(backend, cos, rows, headDim / 2);
    const sinAt = floatsAt(backend, sin, rows, headDim / 2);
    return fillOutput(backend, [rows, width], (y) =>
      backend.runtime.kernels.rotary(qkvAt, cosAt, sinAt, y, rows, heads, kvHeads, headDim),
    );
  },
);
