import { invariant } from "../../../core/invariant.ts";
import { extent } from "../../wasm/wasm-backend.ts";
import { fillOutput, floatsAt, wasmKernel } from "../../wasm/wasm-kernel.ts";
import { SWIGLU, type SwigluInputs } from "./swiglu.ts";

export const swigluWasm = wasmKernel<SwigluInputs, undefined>(SWIGLU, (backend, { gateUp }) => {
  const rows = extent(gateUp, 0);
  const ffn = extent(gateUp, 1) / 2;
  invariant(Number.isInteger(ffn), "swiglu takes two halves");
  const gateUpAt = floatsAt(backend, gateUp, rows, 2 * ffn);
  return fillOutput(backend, [rows, ffn], (y) => backend.runtime.kernels.swiglu(gateUpAt, y, rows, ffn));
});
