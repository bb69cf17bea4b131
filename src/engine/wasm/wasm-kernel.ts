/** @file What the WASM kernels share: registration, zero-copy views of the heap, and the stock kernels they build on. */
import { BackendWasm } from "@tensorflow/tfjs-backend-wasm";
import { getKernel, type KernelConfig, type NamedAttrMap, type TensorInfo } from "@tensorflow/tfjs-core";
import { invariant, present } from "../../core/invariant.ts";

/** A kernel for the wasm backend whose inputs and attributes are those that the op's typed function passes. */
export function wasmKernel<Inputs, Attrs>(
  kernelName: string,
  run: (backend: BackendWasm, inputs: Inputs, attrs: Attrs) => TensorInfo,
): KernelConfig {
  return {
    kernelName,
    backendName: "wasm",
    kernelFunc: ({ inputs, backend, attrs }) => {
      invariant(backend instanceof BackendWasm, `${kernelName} runs on the wasm backend`);
      // tfjs erases the types of inputs and attributes; the op's function in NAME.ts is their only source.
      return run(backend, inputs as Inputs, attrs as Attrs);
    },
  };
}

/** The tensor's floats where they lie. Any later allocation may move the heap and detach the view: allocate first, then view. */
export function heapFloats(backend: BackendWasm, info: TensorInfo): Float32Array {
  const view = backend.typedArrayFromHeap(info);
  invariant(view instanceof Float32Array, `expected a float32 tensor, got ${info.dtype}`);
  return view;
}

/** As {@link heapFloats} for int32. */
export function heapInts(backend: BackendWasm, info: TensorInfo): Int32Array {
  const view = backend.typedArrayFromHeap(info);
  invariant(view instanceof Int32Array, `expected an int32 tensor, got ${info.dtype}`);
  return view;
}

/** a [rows, inner] times b [inner, cols], neither transposed: the one form that reaches XNNPACK. The caller disposes the result. */
export function product(backend: BackendWasm, a: TensorInfo, b: TensorInfo): TensorInfo {
  return runStock(backend, "BatchMatMul", { a, b }, { transposeA: false, transposeB: false });
}

/** 1 / (1 + exp(-x)). The caller disposes the result. */
export function sigmoid(backend: BackendWasm, x: TensorInfo): TensorInfo {
  return runStock(backend, "Sigmoid", { x }, {});
}

/** Softmax of every row of a matrix. The caller disposes the result. */
export function softmaxRows(backend: BackendWasm, logits: TensorInfo): TensorInfo {
  return runStock(backend, "Softmax", { logits }, { dim: 1 });
}

function runStock(
  backend: BackendWasm,
  kernelName: string,
  inputs: Record<string, TensorInfo>,
  attrs: NamedAttrMap,
): TensorInfo {
  const kernel = present(getKernel(kernelName, "wasm"), `the wasm kernel ${kernelName}`);
  const result = kernel.kernelFunc({ inputs, backend, attrs });
  invariant(!Array.isArray(result), `${kernelName} has one output`);
  return result;
}
