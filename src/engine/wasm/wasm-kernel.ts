/** @file What the WASM kernels share: registration, and shapes checked before an address reaches code that trusts it. */
import type { KernelConfig, TensorInfo } from "@tensorflow/tfjs-core";
import { invariant } from "../../core/invariant.ts";
import type { Address } from "./kernels.ts";
import { WasmBackend } from "./wasm-backend.ts";

/** A kernel for the wasm backend whose inputs and attributes are those that the op's typed function passes. */
export function wasmKernel<Inputs, Attrs>(
  kernelName: string,
  run: (backend: WasmBackend, inputs: Inputs, attrs: Attrs) => TensorInfo,
): KernelConfig {
  return {
    kernelName,
    backendName: "wasm",
    kernelFunc: ({ inputs, backend, attrs }) => {
      invariant(backend instanceof WasmBackend, `${kernelName} runs on the wasm backend`);
      // tfjs erases the types of inputs and attributes; the op's function in NAME.ts is their only source.
      return run(backend, inputs as Inputs, attrs as Attrs);
    },
  };
}

/** Address of a float32 tensor that has exactly this shape; anything else is a bug, found before a kernel reads past its end. */
export function floatsAt(backend: WasmBackend, info: TensorInfo, ...shape: readonly number[]): Address {
  return checkedAddress(backend, info, "float32", shape);
}

/** As {@link floatsAt} for int32. */
export function intsAt(backend: WasmBackend, info: TensorInfo, ...shape: readonly number[]): Address {
  return checkedAddress(backend, info, "int32", shape);
}

function checkedAddress(
  backend: WasmBackend,
  { dataId, shape, dtype }: TensorInfo,
  wantedType: string,
  wantedShape: readonly number[],
): Address {
  invariant(
    dtype === wantedType &&
      shape.length === wantedShape.length &&
      shape.every((n, i) => n === wantedShape[i]),
    `expected ${wantedType} [${wantedShape.join(", ")}], got ${dtype} [${shape.join(", ")}]`,
  );
  return backend.addressOf({ dataId });
}

/** A new float32 tensor that `fill` writes; freed again where that throws. */
export function fillOutput(
  backend: WasmBackend,
  shape: readonly number[],
  fill: (y: Address) => void,
): TensorInfo {
  const output = backend.makeOutput(shape, "float32");
  try {
    fill(backend.addressOf(output));
    return output;
  } catch (error) {
    backend.disposeData(output.dataId);
    throw error;
  }
}
