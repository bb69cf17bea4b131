import { extent } from "../../wasm/wasm-backend.ts";
import { fillOutput, floatsAt, wasmKernel } from "../../wasm/wasm-kernel.ts";
import { SOFTMAX_TOTALS, type SoftmaxTotalsInputs } from "./softmax-totals.ts";

export const softmaxTotalsWasm = wasmKernel<SoftmaxTotalsInputs, undefined>(
  SOFTMAX_TOTALS,
  (backend, { x }) => {
    const rows = extent(x, 0);
    const width = extent(x, 1);
    const xAt = floatsAt(backend, x, rows, width);
    return fillOutput(backend, [rows, 2], (y) => backend.runtime.kernels.softmaxTotals(xAt, y, rows, width));
  },
);
