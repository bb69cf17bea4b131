/** @file `linear` on WebGPU: packed blocks are decoded inside the kernel; no f32 copy of a weight exists. */
import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import type { TensorInfo } from "@tensorflow/tfjs-core";
import { invariant, present } from "../../../core/invariant.ts";
import { isSoftware } from "../../webgpu/is-software.ts";
import { unroll } from "../../webgpu/unroll.ts";
import { type Bound, runProgramToOne, webgpuKernel } from "../../webgpu/webgpu-kernel.ts";
import { canProject, projectRows } from "../low-rank/project-rows.webgpu.ts";
import { LINEAR, type LinearAttrs, type LinearInputs, type LinearWeightType } from "./linear.ts";
import fewRows from "./linear-few-rows.wgsl?raw";
import manyRows from "./linear-many-rows.wgsl?raw";
import { LANES, linearTile, type Tile, tileName } from "./tile.ts";
import { pinnedTiles, productClass } from "./tile-table.ts";
import weightF32 from "./weight-f32.wgsl?raw";
import weightQ41 from "./weight-q4-1.wgsl?raw";
import weightQ80 from "./weight-q8-0.wgsl?raw";

const BLOCK = 32;
const DECODERS: Readonly<Record<LinearWeightType, string>> = {
  q4_1: weightQ41,
  q8_0: weightQ80,
  f32: weightF32,
};
const PART = "struct Part { low : vec4<f32>, high : vec4<f32> };";

/** Rows that one workgroup of the few-rows shader takes. */
const FEW_ROWS = 4;

export const linearWebgpu = webgpuKernel<LinearInputs, LinearAttrs>(LINEAR, (backend, inputs, attrs) => {
  const { device } = backend;
  const software = isSoftware(device);
  const pinned = pinnedTiles(device);
  const { inFeatures, type } = attrs;
  return runLinear(
    backend,
    inputs,
    attrs,
    (rows, outs) =>
      pinned?.get(productClass({ rows, outs, inputs: inFeatures, type })) ?? linearTile(rows, outs, software),
  );
});

/** {@link LINEAR} with a choice of tiles, see {@link linearTile}. The caller disposes the result. */
export function runLinear(
  backend: WebGPUBackend,
  { x, weight, a, b, gate, inner: given, residual }: LinearInputs,
  { inFeatures, outFeatures, type, rank }: LinearAttrs,
  chooseTile: (rows: number, outs: number) => Tile | null,
): TensorInfo {
  const rows = present(x.shape[0], "the row count of x");
  invariant(
    inFeatures % BLOCK === 0,
    `linear on webgpu takes inputs in blocks of ${BLOCK}, got ${inFeatures}`,
  );
  const extra: Bound[] = [];
  let own: TensorInfo | null = null;
  if (a !== undefined && b !== undefined && gate !== undefined) {
    if (given === undefined) own = runInner(backend, x, a, gate, chooseTile(rows, rank));
    const inner = given ?? present(own, "the inner product");
    // Only the many-rows shader reads them as quads.
    const quads = rank % 4 === 0 && chooseTile(rows, outFeatures) !== null;
    extra.push({ name: "inner", info: inner, quads }, { name: "b", info: b, quads, lasting: true });
  }
  if (residual !== undefined) extra.push({ name: "residual", info: residual });
  const y = runProduct(backend, chooseTile(rows, outFeatures), x, weight, type, [rows, outFeatures], extra);
  if (own !== null) backend.disposeData(own.dataId);
  return y;
}

/** (x a^T) * gate, [rows, rank]. The caller disposes it. */
function runInner(
  backend: WebGPUBackend,
  x: TensorInfo,
  a: TensorInfo,
  gate: TensorInfo,
  tile: Tile | null,
): TensorInfo {
  if (canProject(backend, a))
    return present(projectRows(backend, { kind: "plain", x }, a, gate)[0], "an inner product");
  return runProduct(backend, tile, x, a, "f32", gate.shape, [{ name: "gate", info: gate }]);
}

function runProduct(
  backend: WebGPUBackend,
  tile: Tile | null,
  x: TensorInfo,
  weight: TensorInfo,
  type: LinearWeightType,
  shape: readonly number[],
  extra: readonly Bound[],
): TensorInfo {
  const [rows, outs] = [present(shape[0], "the rows"), present(shape[1], "the outputs")];
  const names = extra.map(({ name }) => name);
  const perGroup =
    tile === null ? { rows: FEW_ROWS, outs: LANES } : { rows: tile.rows * LANES, outs: tile.outs * LANES };
  const isByQuads = extra.some(({ quads }) => quads === true);
  const counts = {
    ROWS: tile?.rows ?? FEW_ROWS,
    OUTS: tile?.outs ?? 1,
    SLICES: tile?.slices ?? 1,
    SLICED: Number((tile?.slices ?? 1) > 1),
    RETURNS: Number((tile?.slices ?? 1) === 1 && tile?.shared !== true),
    SHARED: Number(tile?.shared === true),
    DIRECT: Number(tile?.shared !== true),
    FUSED: Number(!isSoftware(backend.device)),
    UNFUSED: Number(isSoftware(backend.device)),
    GATE: Number(names.includes("gate")),
    ADAPTER: Number(names.includes("inner")),
    QUADRANK: Number(isByQuads),
    PLAINRANK: Number(names.includes("inner") && !isByQuads),
    RESIDUAL: Number(names.includes("residual")),
  };
  return runProgramToOne(backend, {
    key: `becausalLinear_${type}_${tile === null ? "few" : tileName(tile)}_${names.join("+")}${isByQuads ? "_quads" : ""}`,
    source: () => [PART, DECODERS[type], unroll(tile === null ? fewRows : manyRows, counts)].join("\n"),
    inputs: [
      { name: "x", info: x, quads: true },
      { name: "weight", info: weight, quads: type === "f32", lasting: true },
      ...extra,
    ],
    outputs: [{ name: "result", shape }],
    workgroupSize: [LANES, LANES, tile?.slices ?? 1],
    workgroups: [Math.ceil(outs / perGroup.outs), Math.ceil(rows / perGroup.rows)],
  });
}
