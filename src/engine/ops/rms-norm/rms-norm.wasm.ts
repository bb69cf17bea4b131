import { extent } from "../../wasm/wasm-backend.ts";
import { fillOutput, floatsAt, wasmKernel } from "../../wasm/wasm-kernel.ts";
import { RMS_NORM, type RmsNormAttrs, type RmsNormInputs } from "./rms-norm.ts";

export const rmsNormWasm = wasmKernel<RmsNormInputs, RmsNormAttrs>(
  RMS_NORM,
  (backend, { x, gain }, { epsilon }) => {
    const rows = extent(x, 0);
    const width = extent(x, 1);
    const xAt = floatsAt(backend, x, rows, width);
    const gainAt = floatsAt(backend, gain, width);
    return fillOutput(backend, [rows, width], (y) =>
      backend.runtime.kernels.rmsNorm(xAt, gainAt, y, rows, width, epsilon),
    );
  },
);
