import { heapFloats, wasmKernel } from "../../wasm/wasm-kernel.ts";
import { ROTARY, type RotaryAttrs, type RotaryInputs } from "./rotary.ts";

export const rotaryWasm = wasmKernel<RotaryInputs, RotaryAttrs>(
  ROTARY,
  (backend, { qkv, cos, sin }, { heads, kvHeads, headDim }) => {
    const output = backend.makeOutput(qkv.shape, "float32");
    const from = heapFloats(backend, qkv);
    const cosines = heapFloats(backend, cos);
    const sines = heapFloats(backend, sin);
    const to = heapFloats(backend, output);
    to.set(from);
    const width = (heads + 2 * kvHeads) * headDim;
    const rotatedWidth = (heads + kvHeads) * headDim;
    const pairs = headDim / 2;
    // Casts: all indices lie inside rows of `width` and angles of `pairs`.
    for (let row = 0, angle = 0; row < from.length; row += width, angle += pairs) {
      for (let head = row; head < row + rotatedWidth; head += headDim) {
        for (let i = 0; i < pairs; i++) {
          const at = head + 2 * i;
          const even = from[at] as number;
          const odd = from[at + 1] as number;
          const c = cosines[angle + i] as number;
          const s = sines[angle + i] as number;
          to[at] = even * c - odd * s;
          to[at + 1] = even * s + odd * c;
        }
      }
    }
    return output;
  },
);
