import { type Tensor, type TensorInfo, tensor1d, tensor2d } from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { seededRandom } from "../../../core/rng.ts";
import { startWebgpu } from "../../webgpu/start-webgpu.ts";
import { webgpuBackend } from "../../webgpu/webgpu-backend.ts";
import { linearReference } from "../linear/linear.reference.ts";
import { randomValues, worstDifference } from "../op-suite.ts";
import { rmsNormReference } from "../rms-norm/rms-norm.reference.ts";
import { swigluReference } from "../swiglu/swiglu.reference.ts";
import { projectRows, type RowSource } from "./project-rows.webgpu.ts";

beforeAll(async () => {
  await startWebgpu();
});

async function read(info: TensorInfo): Promise<Float32Array> {
  const values = (await webgpuBackend().read(info.dataId)) as Float32Array;
  webgpuBackend().disposeData(info.dataId);
  return values;
}

// A software adapter does without it: the ops choose it on GPUs alone.
describe.each([
  [1, 32, 1],
  [3, 64, 4],
  [7, 576, 16],
  [5, 1536, 16],
  [2, 160, 32],
  [9, 96, 6],
] as const)("%i rows of %i, rank %i", (rows, width, rank) => {
  const random = seededRandom(rows * width);
  const values = {
    x: randomValues(rows * width, random),
    gateUp: randomValues(rows * 2 * width, random).map((value) => 3 * value),
    gain: randomValues(width, random),
    a: randomValues(rank * width, random),
    gate: randomValues(rows * rank, random),
  };

  test.each([
    ["plain", values.x],
    ["norm", rmsNormReference(values.x, values.gain, 1e-5)],
    ["swiglu", swigluReference(values.gateUp, width)],
  ] as const)("%s", async (kind, wantedRows) => {
    const tensors: Tensor[] = [];
    const keep = <T extends Tensor>(tensor: T): T => {
      tensors.push(tensor);
      return tensor;
    };
    const x = keep(
      kind === "swiglu" ? tensor2d(values.gateUp, [rows, 2 * width]) : tensor2d(values.x, [rows, width]),
    );
    const from: RowSource =
      kind === "norm" ? { kind, x, gain: keep(tensor1d(values.gain)), epsilon: 1e-5 } : { kind, x };
    const a = keep(tensor2d(values.a, [rank, width]));
    const gate = keep(tensor2d(values.gate, [rows, rank]));
    const made = await Promise.all(projectRows(webgpuBackend(), from, a, gate).map(read));
    for (const tensor of tensors) tensor.dispose();
    const wantedInner = linearReference({
      x: Float32Array.from(wantedRows),
      weight: values.a,
      rows,
      outFeatures: rank,
      inFeatures: width,
    }).map((value, i) => value * (values.gate[i] ?? Number.NaN));
    const [inner, result] = made.toReversed();
    expect(worstDifference(inner ?? [], wantedInner)).toBeLessThan(2e-4);
    if (kind === "plain") expect(result).toBeUndefined();
    else expect(worstDifference(result ?? [], wantedRows)).toBeLessThan(2e-5);
  });
});
