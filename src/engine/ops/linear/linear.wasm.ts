import { heapFloats, product, wasmKernel } from "../../wasm/wasm-kernel.ts";
import { LINEAR, type LinearAttrs, type LinearInputs } from "./linear.ts";

/** XNNPACK products; the gate and the sums are plain loops over the heap. */
export const linearWasm = wasmKernel<LinearInputs, LinearAttrs>(
  LINEAR,
  (backend, { x, weight, a, b, gate, residual }) => {
    const y = product(backend, x, weight);
    if (a !== undefined && b !== undefined && gate !== undefined) {
      const inner = product(backend, x, a); // [rows, rank]
      multiplyInto(heapFloats(backend, inner), heapFloats(backend, gate));
      const delta = product(backend, inner, b);
      addInto(heapFloats(backend, y), heapFloats(backend, delta));
      backend.disposeData(inner.dataId);
      backend.disposeData(delta.dataId);
    }
    if (residual !== undefined) addInto(heapFloats(backend, y), heapFloats(backend, residual));
    return y;
  },
);

// Casts: indices run below the length, and a test per element would cost as much as the sum.
function addInto(y: Float32Array, x: Float32Array): void {
  for (let i = 0; i < y.length; i++) y[i] = (y[i] as number) + (x[i] as number);
}

function multiplyInto(y: Float32Array, x: Float32Array): void {
  for (let i = 0; i < y.length; i++) y[i] = (y[i] as number) * (x[i] as number);
}
