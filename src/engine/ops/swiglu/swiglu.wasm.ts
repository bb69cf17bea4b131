import { present } from "../../../core/invariant.ts";
import { heapFloats, sigmoid, wasmKernel } from "../../wasm/wasm-kernel.ts";
import { SWIGLU, type SwigluInputs } from "./swiglu.ts";

export const swigluWasm = wasmKernel<SwigluInputs, undefined>(SWIGLU, (backend, { gateUp }) => {
  const rows = present(gateUp.shape[0], "the row count of gateUp");
  const width = present(gateUp.shape[1], "the width of gateUp") / 2;
  const output = backend.makeOutput([rows, width], "float32");
  // XNNPACK's vector sigmoid of both halves is faster than a scalar exp of the half that needs it.
  const gates = sigmoid(backend, gateUp);
  const from = heapFloats(backend, gateUp);
  const squashed = heapFloats(backend, gates);
  const to = heapFloats(backend, output);
  for (let row = 0; row < rows; row++) {
    const start = row * 2 * width;
    // Casts: all indices lie inside rows of 2 * width.
    for (let i = 0; i < width; i++) {
      to[row * width + i] =
        (from[start + i] as number) * (squashed[start + i] as number) * (from[start + width + i] as number);
    }
  }
  backend.disposeData(gates.dataId);
  return output;
});
