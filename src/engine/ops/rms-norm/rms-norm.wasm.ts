import { heapFloats, wasmKernel } from "../../wasm/wasm-kernel.ts";
import { RMS_NORM, type RmsNormAttrs, type RmsNormInputs } from "./rms-norm.ts";

export const rmsNormWasm = wasmKernel<RmsNormInputs, RmsNormAttrs>(
  RMS_NORM,
  (backend, { x, gain }, { epsilon }) => {
    const output = backend.makeOutput(x.shape, "float32");
    const from = heapFloats(backend, x);
    const gains = heapFloats(backend, gain);
    const to = heapFloats(backend, output);
    const width = gains.length;
    // Casts: all indices lie inside rows of `width`.
    for (let start = 0; start < from.length; start += width) {
      let sum = 0;
      for (let i = start; i < start + width; i++) sum += (from[i] as number) * (from[i] as number);
      const scale = 1 / Math.sqrt(sum / width + epsilon);
      for (let i = 0; i < width; i++)
        to[start + i] = (from[start + i] as number) * scale * (gains[i] as number);
    }
    return output;
  },
);
