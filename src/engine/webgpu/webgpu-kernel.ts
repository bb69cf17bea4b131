/** @file What the WebGPU kernels share: registration, and programs described by what they bind and how far they reach. */
import { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import type { KernelConfig, TensorInfo } from "@tensorflow/tfjs-core";
import { FailureError } from "../../core/failure.ts";
import { invariant, present } from "../../core/invariant.ts";
import { DeviceCache } from "./device-cache.ts";
import { submitPending } from "./submit-pending.ts";

/** A kernel for the webgpu backend whose inputs and attributes are those that the op's typed function passes. */
export function webgpuKernel<Inputs, Attrs>(
  kernelName: string,
  run: (backend: WebGPUBackend, inputs: Inputs, attrs: Attrs) => TensorInfo | TensorInfo[],
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
  /** A weight: it lives as long as the model, so that its binding is made once. */
  readonly lasting?: boolean;
}

/** A float32 tensor that a {@link Program} makes; bound as `name`, as a {@link Bound} is. */
export interface Output {
  readonly name: string;
  readonly shape: readonly number[];
  readonly quads?: boolean;
}

export interface Program {
  /** Everything that changes `source` or the types of the inputs, and nothing else: the pipeline is cached under it. */
  readonly key: string;
  /** WGSL with a `fn main()`, see {@link programText} for what stands before it. */
  readonly source: () => string;
  readonly inputs: readonly Bound[];
  readonly outputs: readonly Output[];
  readonly workgroupSize: readonly [number, number, number];
  readonly workgroups: readonly [number, number];
  /** Scalars read as `uniforms.NAME`, in this order. Names belong to the key's source, values do not. */
  readonly uniforms?: Readonly<
    Record<string, { readonly type: "uint32" | "float32"; readonly value: number }>
  >;
}

const WGSL_TYPE = { uint32: "u32", float32: "f32" } as const;
/** A submit costs as much as several dispatches; some four layers a submit still let the GPU begin early. */
export const DISPATCHES_PER_SUBMIT = 52;
const BYTES_PER_ELEMENT = 4; // float32 and int32 are all there is here
const caches = new WeakMap<GPUDevice, DeviceCache>();

/**
 * Runs a program into new float32 tensors. Fails with `out-of-memory` where a buffer is larger than the device can bind.
 *
 * It encodes into tfjs' own command buffer, past `runWebGPUProgram`: that builds a shader key, a uniform buffer and a bind group for
 * every dispatch, which takes longer than a fast GPU needs for the work itself. A tensor that is disposed of gives its buffer back at
 * once: whoever takes it next comes later in the same queue.
 */
export function runProgram(backend: WebGPUBackend, program: Program): TensorInfo[] {
  const { device } = backend;
  let cache = caches.get(device);
  if (cache === undefined) {
    cache = new DeviceCache(device);
    caches.set(device, cache);
  }
  for (const { name, info } of program.inputs) assertBindable(cache.largestBindingBytes, name, info.shape);
  for (const { name, shape } of program.outputs) assertBindable(cache.largestBindingBytes, name, shape);
  const made = program.outputs.map(({ shape }) => backend.makeTensorInfo([...shape], "float32"));
  const { pipeline, id, layouts } = cache.program(program.key, () => ({
    source: programText(program),
    outputs: program.outputs.length,
    lasting: program.inputs.map(({ lasting }) => lasting === true),
  }));

  const passing = made.map((output) => bufferOf(backend, output));
  passing.push(cache.uniforms(uniformKey(program), () => uniformWords(program)));
  const lasting: GPUBuffer[] = [];
  for (const input of program.inputs)
    (input.lasting === true ? lasting : passing).push(bufferOf(backend, input.info));
  backend.ensureCommandEncoderReady();
  backend["computePassEncoder"] ??= backend["commandEncoder"].beginComputePass();
  const pass = backend["computePassEncoder"];
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, cache.bindGroup(id, layouts.passing, passing));
  if (layouts.lasting !== null) pass.setBindGroup(1, cache.bindGroup(id, layouts.lasting, lasting));
  pass.dispatchWorkgroups(program.workgroups[0], program.workgroups[1]);
  backend["dispatchCountInPass"]++;
  if (backend["dispatchCountInPass"] >= DISPATCHES_PER_SUBMIT) submitPending(backend);
  return made;
}

/** As {@link runProgram}, for a program of one output. */
export function runProgramToOne(backend: WebGPUBackend, program: Program): TensorInfo {
  return present(runProgram(backend, program)[0], "an output");
}

/**
 * The whole shader: bindings named as the inputs and outputs; `uniforms` with `outShape`, the first output's, and each input's
 * NAMEShape as vec2<i32> (a vector's is its length and 1), then the program's own; and the ids that WebGPU counts with, as module variables.
 */
function programText(program: Program): string {
  let passing = 0;
  let lasting = 0;
  const results = program.outputs.map(
    ({ name, quads }) =>
      `@group(0) @binding(${passing++}) var<storage, read_write> ${name} : array<${quads === true ? "vec4<f32>" : "f32"}>;`,
  );
  const uniformBinding = `@group(0) @binding(${passing++}) var<uniform> uniforms : Uniforms;`;
  const bindings = program.inputs.map((input) => {
    const at =
      input.lasting === true ? `@group(1) @binding(${lasting++})` : `@group(0) @binding(${passing++})`;
    const scalar = input.info.dtype === "int32" ? "i32" : "f32";
    const element = input.quads === true ? `vec4<${scalar}>` : scalar;
    return `${at} var<storage, read> ${input.name} : array<${element}>;`;
  });
  const scalars = Object.entries(program.uniforms ?? {}).map(
    ([name, { type }]) => `${name} : ${WGSL_TYPE[type]},`,
  );
  return `struct Uniforms {
outShape : vec2<i32>,
${program.inputs.map(({ name }) => `${name}Shape : vec2<i32>,`).join("\n")}
${scalars.join("\n")}
};
${results.join("\n")}
${uniformBinding}
${bindings.join("\n")}
var<private> localId : vec3<u32>;
var<private> localIndex : u32;
var<private> workgroupId : vec3<u32>;
${program.source()}
@compute @workgroup_size(${program.workgroupSize.join(", ")})
fn _start(
  @builtin(local_invocation_id) LocalId : vec3<u32>,
  @builtin(local_invocation_index) LocalIndex : u32,
  @builtin(workgroup_id) WorkgroupId : vec3<u32>,
) {
  localId = LocalId;
  localIndex = LocalIndex;
  workgroupId = WorkgroupId;
  main();
}
`;
}

/** The words as text: most dispatches find their buffer by it. */
function uniformKey({ outputs, inputs, uniforms }: Program): string {
  const shape = outputs[0]?.shape;
  let key = `${shape?.[0]},${shape?.[1]}`;
  for (const { info } of inputs) key += `,${info.shape[0]},${info.shape[1]}`;
  for (const name in uniforms) key += `,${uniforms[name]?.type}${uniforms[name]?.value}`;
  return key;
}

function uniformWords({ outputs, inputs, uniforms = {} }: Program): Int32Array<ArrayBuffer> {
  const scalars = Object.values(uniforms);
  // The struct ends at a multiple of its alignment, 8.
  const words = new Int32Array(2 * (inputs.length + 1) + 2 * Math.ceil(scalars.length / 2));
  const floats = new Float32Array(words.buffer);
  let at = 0;
  const push = (extents: readonly number[]) => {
    words[at++] = extents[0] ?? 1;
    words[at++] = extents[1] ?? 1;
  };
  push(outputs[0]?.shape ?? []);
  for (const { info } of inputs) push(info.shape);
  for (const { type, value } of scalars) (type === "float32" ? floats : words)[at++] = value;
  return words;
}

function bufferOf(backend: WebGPUBackend, { dataId }: TensorInfo): GPUBuffer {
  const data = backend.tensorMap.get(dataId);
  if (data.resource == null) backend.uploadToGPU(dataId);
  const { resource } = data;
  invariant(resource instanceof GPUBuffer, "tensors are buffers here, not textures");
  return resource;
}

function assertBindable(limitBytes: number, name: string, shape: readonly number[]): void {
  let bytes = BYTES_PER_ELEMENT;
  for (const extent of shape) bytes *= extent;
  if (bytes <= limitBytes) return;
  throw new FailureError({
    kind: "out-of-memory",
    backend: "webgpu",
    part: "pass",
    bytes,
    reason: `${name} [${shape.join(", ")}] takes ${bytes} bytes and this GPU binds at most ${limitBytes} at once`,
  });
}
