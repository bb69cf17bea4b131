import { tensor1d, tensor2d } from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { seededRandom } from "../../../core/rng.ts";
import { startWebgpu } from "../../webgpu/start-webgpu.ts";
import { webgpuBackend } from "../../webgpu/webgpu-backend.ts";
import { randomValues, worstDifference } from "../op-suite.ts";
import { subtreeEnds } from "./subtree-ends.ts";
import { treeAttentionReference } from "./tree-attention.reference.ts";
import { type AttentionTile, attentionTile, runTreeAttention } from "./tree-attention.webgpu.ts";

beforeAll(async () => {
  await startWebgpu();
});

/** A prefix of 21 rows with 4 branches of 11 on it, then a second prompt of 9 rows. */
const PARENTS = Array.from({ length: 74 }, (_, row) => {
  if (row >= 65) return row === 65 ? -1 : row - 1;
  return row > 21 && (row - 21) % 11 === 0 ? 20 : row - 1;
});

const shapes = [
  { heads: 9, kvHeads: 3, headDim: 64 },
  { heads: 6, kvHeads: 1, headDim: 10 },
  { heads: 4, kvHeads: 4, headDim: 128 },
  { heads: 20, kvHeads: 1, headDim: 32 },
];

// 16 KiB is what every device has; the GPU's shader must be right on a software adapter too, only slow.
describe.each(shapes)("heads %o", (shape) => {
  test.for([
    ["a software adapter's division", attentionTile(shape, true, 16_384)],
    ["a GPU's division", attentionTile(shape, false, 16_384)],
    ["a GPU's division with more workgroup memory", attentionTile(shape, false, 32_768)],
  ] as const)("%s gives the reference's answer", async ([, tile]: readonly [string, AttentionTile]) => {
    const ends = subtreeEnds(PARENTS);
    const width = (shape.heads + 2 * shape.kvHeads) * shape.headDim;
    const values = randomValues(ends.length * width, seededRandom(shape.headDim));
    const qkv = tensor2d(values, [ends.length, width]);
    const bounds = tensor1d(ends, "int32");
    const y = runTreeAttention(webgpuBackend(), { qkv, ends: bounds }, shape, tile);
    const got = (await webgpuBackend().read(y.dataId)) as Float32Array;
    webgpuBackend().disposeData(y.dataId);
    qkv.dispose();
    bounds.dispose();
    expect(worstDifference(got, treeAttentionReference(values, ends, shape))).toBeLessThan(2e-5);
  });
});

test("the division of a GPU keeps to its workgroup memory", () => {
  expect(attentionTile({ heads: 9, kvHeads: 3, headDim: 64 }, false, 16_384)).toEqual({
    software: false,
    rows: 5,
    heads: 3,
    keys: 16,
    parts: 4,
  });
  expect(attentionTile({ heads: 2, kvHeads: 1, headDim: 256 }, false, 16_384).keys).toBe(4);
});
