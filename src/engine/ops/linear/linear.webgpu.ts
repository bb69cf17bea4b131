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

/** Rows that one workgroup of the few-rows shader takes. */
const FEW_ROWS = 4;
/** Measured on an H200: larger tiles spill and take two to four times as long, whatever the size of the product. */
const GPU_TILE: Tile = { rows: 4, outs: 4 };
/** With fewer invocations than this most of a GPU idles, and sharing every output among several of them is the faster way. */
const FEWEST_INVOCATIONS = 4096;

/**
 * The tile for a product of this size; null means the few-rows shader. Only speed depends on it. A software adapter runs one
 * invocation after the other and spills every register anyway, so there the largest tile that the rows fill is the fastest.
 */
export function linearTile(rows: number, outs: number, software: boolean): Tile | null {
  if (software) return { rows: [1, 4, 8].find((most) => rows <= most) ?? 16, outs: outs <= 32 ? 4 : 8 };
  const invocations = Math.ceil(rows / GPU_TILE.rows) * Math.ceil(outs / GPU_TILE.outs);
  return invocations < FEWEST_INVOCATIONS ? null : GPU_TILE;
}

export const linearWebgpu = webgpuKernel<LinearInputs, LinearAttrs>(LINEAR, (backend, inputs, attrs) => {
  const software = backend.device.adapterInfo.isFallbackAdapter;
  return runLinear(backend, inputs, attrs, (rows, outs) => linearTile(rows, outs, software));
});

/** {@link LINEAR} with a choice of tiles, see {@link linearTile}. The caller disposes the result. */
export function runLinear(
  backend: WebGPUBackend,
  { x, weight, a, b, gate, residual }: LinearInputs,
  { inFeatures, outFeatures, type, rank }: LinearAttrs,
  chooseTile: (rows: number, outs: number) => Tile | null,
): TensorInfo {
  const rows = present(x.shape[0], "the row count of x");
  invariant(
    inFeatures % BLOCK === 0,
    `linear on webgpu takes inputs in blocks of ${BLOCK}, got ${inFeatures}`,
  );
  const extra: Bound[] = [];
  let inner: TensorInfo | null = null;
  if (a !== undefined && b !== undefined && gate !== undefined) {
    const gated: Bound[] = [{ name: "gate", info: gate }];
    inner = runProduct(backend, chooseTile(rows, rank), x, a, "f32", [rows, rank], gated);
    extra.push({ name: "inner", info: inner }, { name: "b", info: b });
  }
  if (residual !== undefined) extra.push({ name: "residual", info: residual });
  const y = runProduct(backend, chooseTile(rows, outFeatures), x, weight, type, [rows, outFeatures], extra);
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
