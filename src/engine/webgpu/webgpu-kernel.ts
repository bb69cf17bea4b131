/** @file What the WebGPU kernels share: registration, and programs described by what they bind and how far they reach. */
import { WebGPUBackend, type WebGPUProgram } from "@tensorflow/tfjs-backend-webgpu";
import type { KernelConfig, TensorInfo } from "@tensorflow/tfjs-core";
import { FailureError } from "../../core/failure.ts";
import { invariant } from "../../core/invariant.ts";

/** A kernel for the webgpu backend whose inputs and attributes are those that the op's typed function passes. */
export function webgpuKernel<Inputs, Attrs>(
  kernelName: string,
  run: (backend: WebGPUBackend, inputs: Inputs, attrs: Attrs) => TensorInfo,
): KernelConfig {
  return {
    kernelName,
    backendName: "webgpu",
    kernelFunc: ({ inputs, backend, attrs }) => {
      invariant(backend instanceof WebGPUBackend, `${kernelName} runs on the webgpu backend`);
      // tfjs erases the types of inputs and attributes; the op's function in NAME.ts is their only source.
      return run(backend, inputs as Inputs, attrs as Attrs);
    },
  };
}

/** An input of a {@link Program}: bound as `name`, an array of scalars or, with `quads`, of 4-vectors. */
export interface Bound {
  readonly name: string;
  readonly info: TensorInfo;
  readonly quads?: boolean;
}

export interface Program {
  /** Everything that changes `source`, and nothing else: tfjs caches the pipeline under it. */
  readonly key: string;
  /** WGSL with a `fn main()`; tfjs adds the bindings, `result`, `uniforms`, `localId`, `workgroupId` and the like. */
  readonly source: () => string;
  readonly inputs: readonly Bound[];
  readonly shape: readonly number[];
  readonly workgroupSize: readonly [number, number, number];
  readonly workgroups: readonly [number, number];
  /** Scalars read as `uniforms.NAME`, in this order. Names belong to the key's source, values do not. */
  readonly uniforms?: Readonly<
    Record<string, { readonly type: "uint32" | "float32"; readonly value: number }>
  >;
}

const WGSL_TYPE = { uint32: "u32", float32: "f32" } as const;
const BYTES_PER_ELEMENT = 4; // float32 and int32 are all there is here

/** Runs a program into a new float32 tensor. Fails with `no-webgpu` where a buffer is larger than the device can bind. */
export function runProgram(backend: WebGPUBackend, program: Program): TensorInfo {
  const { device } = backend;
  for (const { name, info } of program.inputs) assertBindable(device.limits, name, info.shape);
  assertBindable(device.limits, "result", program.shape);
  const uniforms = Object.entries(program.uniforms ?? {});
  // tfjs writes to the object it is given, so every run gets its own.
  const description: WebGPUProgram = {
    shaderKey: program.key,
    getUserCode: program.source,
    variableNames: program.inputs.map(({ name }) => name),
    variableComponents: program.inputs.map(({ quads }) => (quads === true ? 4 : 1)),
    outputShape: [...program.shape],
    uniforms: uniforms.map(([name, { type }]) => `${name} : ${WGSL_TYPE[type]},`).join(" "),
    workgroupSize: [...program.workgroupSize],
    // Two listed dimensions keep tfjs from folding an oversized x into y, which these kernels would not undo.
    dispatchLayout: { x: [1], y: [0] },
    dispatch: [program.workgroups[0], program.workgroups[1], 1],
  };
  return backend.runWebGPUProgram(
    description,
    program.inputs.map(({ info }) => info),
    "float32",
    uniforms.map(([, { type, value }]) => ({ type, data: [value] })),
  );
}

function assertBindable(limits: GPUSupportedLimits, name: string, shape: readonly number[]): void {
  const bytes = shape.reduce((product, extent) => product * extent, BYTES_PER_ELEMENT);
  const limitBytes = Math.min(limits.maxStorageBufferBindingSize, limits.maxBufferSize);
  if (bytes <= limitBytes) return;
  throw new FailureError({
    kind: "no-webgpu",
    reason: `${name} [${shape.join(", ")}] takes ${bytes} bytes and this GPU binds at most ${limitBytes} at once`,
  });
}
