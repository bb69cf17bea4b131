/** @file `linear` on WebGPU: packed blocks are decoded inside the kernel; no f32 copy of a weight exists. */
import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import type { TensorInfo } from "@tensorflow/tfjs-core";
import { invariant, present } from "../../../core/invariant.ts";
import { unroll } from "../../webgpu/unroll.ts";
import { type Bound, runProgram, webgpuKernel } from "../../webgpu/webgpu-kernel.ts";
import { LINEAR, type LinearAttrs, type LinearInputs, type LinearWeightType } from "./linear.ts";
import fewRows from "./linear-few-rows.wgsl?raw";
import manyRows from "./linear-many-rows.wgsl?raw";
import weightF32 from "./weight-f32.wgsl?raw";
import weightQ41 from "./weight-q4-1.wgsl?raw";
import weightQ80 from "./weight-q8-0.wgsl?raw";

const BLOCK = 32;
const LANES = 8; // as in both shaders, in x and y
const DECODERS: Readonly<Record<LinearWeightType, string>> = {
  q4_1: weightQ41,
  q8_0: weightQ80,
  f32: weightF32,
};
const PART = "struct Part { low : vec4<f32>, high : vec4<f32> };";

/** Rows and outputs that one invocation of the many-rows shader keeps in registers. */
export interface Tile {
  readonly rows: number;
  readonly outs: number;
}

/** Rows up to which the few-rows shader is the faster one. */
const FEW_ROWS = 4;
/** Every row count of a software adapter's tile; 16 x 8 sums need more registers than most GPUs give an invocation. */
const SOFTWARE_TILE: Tile = { rows: 16, outs: 8 };
const LARGE_TILE: Tile = { rows: 8, outs: 4 };
const SMALL_TILE: Tile = { rows: 4, outs: 4 };
/** Fewer invocations than this leave a mid-range GPU partly idle, which costs more than the smaller tile's extra reads. */
const WANTED_INVOCATIONS = 16_384;

/** The tile for a product of this size; null means the few-rows shader. Only speed depends on it. */
export function linearTile(rows: number, outs: number, software: boolean): Tile | null {
  if (rows <= FEW_ROWS) return null;
  if (software) return rows <= SOFTWARE_TILE.rows / 2 ? { rows: 8, outs: 8 } : SOFTWARE_TILE;
  const invocations = Math.ceil(rows / LARGE_TILE.rows) * Math.ceil(outs / LARGE_TILE.outs);
  return invocations >= WANTED_INVOCATIONS ? LARGE_TILE : SMALL_TILE;
}

export const linearWebgpu = webgpuKernel<LinearInputs, LinearAttrs>(LINEAR, (backend, inputs, attrs) => {
  const rows = present(inputs.x.shape[0], "the row count of x");
  const software = backend.device.adapterInfo.isFallbackAdapter;
  return runLinear(backend, inputs, attrs, linearTile(rows, attrs.outFeatures, software));
});

/** {@link LINEAR} with a chosen tile; null means the few-rows shader. The caller disposes the result. */
export function runLinear(
  backend: WebGPUBackend,
  { x, weight, a, b, gate, residual }: LinearInputs,
  { inFeatures, outFeatures, type }: LinearAttrs,
  tile: Tile | null,
): TensorInfo {
  const rows = present(x.shape[0], "the row count of x");
  invariant(
    inFeatures % BLOCK === 0,
    `linear on webgpu takes inputs in blocks of ${BLOCK}, got ${inFeatures}`,
  );
  const extra: Bound[] = [];
  let inner: TensorInfo | null = null;
  if (a !== undefined && b !== undefined && gate !== undefined) {
    inner = runProduct(backend, null, x, a, "f32", [rows, gate.shape[1]], [{ name: "gate", info: gate }]);
    extra.push({ name: "inner", info: inner }, { name: "b", info: b });
  }
  if (residual !== undefined) extra.push({ name: "residual", info: residual });
  const y = runProduct(backend, tile, x, weight, type, [rows, outFeatures], extra);
  if (inner !== null) backend.disposeData(inner.dataId);
  return y;
}

function runProduct(
  backend: WebGPUBackend,
  tile: Tile | null,
  x: TensorInfo,
  weight: TensorInfo,
  type: LinearWeightType,
  shape: readonly [rows: number, outs: number],
  extra: readonly Bound[],
): TensorInfo {
  const names = extra.map(({ name }) => name);
  const perGroup =
    tile === null ? { rows: FEW_ROWS, outs: LANES } : { rows: tile.rows * LANES, outs: tile.outs * LANES };
  const counts = {
    ROWS: tile?.rows ?? FEW_ROWS,
    OUTS: tile?.outs ?? 1,
    GATE: Number(names.includes("gate")),
    ADAPTER: Number(names.includes("inner")),
    RESIDUAL: Number(names.includes("residual")),
  };
  return runProgram(backend, {
    key: `becausalLinear_${type}_${tile === null ? "few" : `${tile.rows}x${tile.outs}`}_${names.join("+")}`,
    source: () => [PART, DECODERS[type], unroll(tile === null ? fewRows : manyRows, counts)].join("\n"),
    inputs: [
      { name: "x", info: x, quads: true },
      { name: "weight", info: weight, quads: type === "f32" },
      ...extra,
    ],
    shape,
    workgroupSize: [LANES, LANES, 1],
    workgroups: [Math.ceil(shape[1] / perGroup.outs), Math.ceil(shape[0] / perGroup.rows)],
  });
}
