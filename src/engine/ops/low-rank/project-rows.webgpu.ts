/** @file What rows become on the way into a linear layer, and the LoRA's inner product of it, in one dispatch. */
import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import type { TensorInfo } from "@tensorflow/tfjs-core";
import { present } from "../../../core/invariant.ts";
import { isSoftware } from "../../webgpu/is-software.ts";
import { unroll } from "../../webgpu/unroll.ts";
import { type Bound, type Output, runProgram } from "../../webgpu/webgpu-kernel.ts";
import source from "./project-rows.wgsl?raw";

/** The rows [rows, width] that are multiplied by `a` [rank, width]. */
export type RowSource =
  | { readonly kind: "plain"; readonly x: TensorInfo }
  | { readonly kind: "norm"; readonly x: TensorInfo; readonly gain: TensorInfo; readonly epsilon: number }
  /** x is [rows, 2 width], gate half first. */
  | { readonly kind: "swiglu"; readonly x: TensorInfo };

/** Every invocation keeps one sum a rank in registers. */
const MOST_RANKS = 32;
/** Rows of more quads keep more invocations busy. */
const WIDE_QUADS = 256;

/** Whether the shader takes a matrix of this shape; elsewhere the op and `linear` do their parts. */
export function canProject(backend: WebGPUBackend, a: TensorInfo | undefined): a is TensorInfo {
  if (a === undefined || isSoftware(backend.device)) return false;
  const [rank = 0, width = 0] = a.shape;
  return rank <= MOST_RANKS && width % 4 === 0;
}

/** [rows, width], unless plain, then the inner product [rows, rank]. The caller disposes them. */
export function projectRows(
  backend: WebGPUBackend,
  from: RowSource,
  a: TensorInfo,
  gate: TensorInfo,
): TensorInfo[] {
  const rows = present(from.x.shape[0], "the row count");
  const [ranks, width] = [present(a.shape[0], "the rank"), present(a.shape[1], "the width")];
  const lanes = width / 4 >= WIDE_QUADS ? 128 : 64;
  const [norm, swiglu, plain] = (["norm", "swiglu", "plain"] as const).map((kind) =>
    Number(from.kind === kind),
  );
  const counts = {
    LANES: lanes,
    RANKS: ranks,
    VALUES: ranks + Number(from.kind === "norm"),
    NORM: norm ?? 0,
    SWIGLU: swiglu ?? 0,
    PLAIN: plain ?? 0,
  };
  const inputs: Bound[] = [{ name: "x", info: from.x, quads: true }];
  if (from.kind === "norm") inputs.push({ name: "gain", info: from.gain, quads: true, lasting: true });
  inputs.push({ name: "a", info: a, quads: true, lasting: true }, { name: "gate", info: gate });
  const inner: Output = { name: "inner", shape: [rows, ranks] };
  return runProgram(backend, {
    key: `becausalProjectRows_${from.kind}_${lanes}_${ranks}`,
    source: () => unroll(source, counts),
    inputs,
    outputs: from.kind === "plain" ? [inner] : [{ name: "result", shape: [rows, width], quads: true }, inner],
    workgroupSize: [lanes, 1, 1],
    workgroups: [1, rows],
    ...(from.kind === "norm"
      ? { uniforms: { epsilon: { type: "float32", value: from.epsilon } } as const }
      : {}),
  });
}
