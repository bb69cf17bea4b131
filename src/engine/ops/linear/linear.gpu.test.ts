import { type Tensor, tensor2d } from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { seededRandom } from "../../../core/rng.ts";
import { dequantise } from "../../../model/block-dequantise.ts";
import { startWebgpu } from "../../webgpu/start-webgpu.ts";
import { webgpuBackend } from "../../webgpu/webgpu-backend.ts";
import { randomMatrix, randomValues, worstDifference } from "../op-suite.ts";
import { linearReference } from "./linear.reference.ts";
import { runLinear } from "./linear.webgpu.ts";
import { linearTile, type Tile } from "./tile.ts";
import { uploadLinear } from "./upload-linear.ts";

beforeAll(async () => {
  await startWebgpu();
});

// A machine picks one tile by its adapter and the sizes; here every one is tried.
const tiles: (Tile | null)[] = [
  null,
  ...[1, 4, 8, 16].flatMap((rows) => [4, 8].map((outs) => ({ rows, outs, slices: 1, shared: false }))),
  { rows: 4, outs: 1, slices: 4, shared: false },
  { rows: 1, outs: 1, slices: 4, shared: false },
  { rows: 2, outs: 2, slices: 4, shared: false },
  { rows: 4, outs: 2, slices: 4, shared: false },
  { rows: 4, outs: 4, slices: 2, shared: false },
  { rows: 8, outs: 4, slices: 2, shared: false },
  { rows: 8, outs: 4, slices: 1, shared: false },
  { rows: 4, outs: 4, slices: 1, shared: true },
  { rows: 2, outs: 2, slices: 4, shared: true },
  { rows: 8, outs: 4, slices: 1, shared: true },
];

describe.each(tiles)("tile %o", (tile) => {
  // Ranks of whole quads are read as such.
  test.for([
    ["q4_1", 5],
    ["q4_1", 8],
    ["q8_0", 5],
    ["f32", 5],
  ] as const)("%s weights, ragged edges, adapter of rank %i and residual", async ([type, rank]) => {
    const [rows, outs, inputs] = [37, 75, 96];
    const random = seededRandom(rows);
    const matrix = randomMatrix(
      ({ q4_1: "Q4_1", q8_0: "Q8_0", f32: "F32" } as const)[type],
      outs,
      inputs,
      random,
    );
    const weight = uploadLinear("webgpu", [matrix], "test");
    expect(weight[0].type).toBe(type);
    const values = {
      x: randomValues(rows * inputs, random),
      a: randomValues(rank * inputs, random),
      b: randomValues(outs * rank, random).map((value) => value / 10),
      gate: randomValues(rows * rank, random),
      residual: randomValues(rows * outs, random),
    };
    const inputsOnGpu = {
      x: tensor2d(values.x, [rows, inputs]),
      weight: weight[0].tensor,
      a: tensor2d(values.a, [rank, inputs]),
      b: tensor2d(values.b, [outs, rank]),
      gate: tensor2d(values.gate, [rows, rank]),
      residual: tensor2d(values.residual, [rows, outs]),
    };
    const attrs = { inFeatures: inputs, outFeatures: outs, type, rank };
    const y = runLinear(webgpuBackend(), inputsOnGpu, attrs, () => tile);
    const got = (await webgpuBackend().read(y.dataId)) as Float32Array;
    webgpuBackend().disposeData(y.dataId);
    for (const tensor of Object.values<Tensor>(inputsOnGpu)) tensor.dispose();
    const wanted = linearReference({
      ...values,
      weight: dequantise(matrix),
      rows,
      outFeatures: outs,
      inFeatures: inputs,
      adapter: { ...values, rank },
    });
    expect(worstDifference(got, wanted)).toBeLessThan(2e-5);
  });
});

describe("the choice of a tile", () => {
  test("keeps a GPU busy", () => {
    expect(linearTile(2048, 3072, false)).toEqual({ rows: 8, outs: 4, slices: 1, shared: false });
    expect(linearTile(340, 576, false)).toEqual({ rows: 4, outs: 2, slices: 4, shared: false });
    expect(linearTile(20, 576, false)).toEqual({ rows: 1, outs: 1, slices: 4, shared: false });
  });
  test("reads as little as the rows allow on a software adapter", () => {
    expect(linearTile(1, 49152, true)).toEqual({ rows: 1, outs: 8, slices: 1, shared: false });
    expect(linearTile(340, 16, true)).toEqual({ rows: 16, outs: 4, slices: 1, shared: false });
  });
});
