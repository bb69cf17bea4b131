import { tensor2d } from "@tensorflow/tfjs-core";
import { beforeAll, expect, test } from "vitest";
import { seededRandom } from "../../../core/rng.ts";
import { startWebgpu } from "../../webgpu/start-webgpu.ts";
import { webgpuBackend } from "../../webgpu/webgpu-backend.ts";
import { randomValues, worstDifference } from "../op-suite.ts";
import { softmaxTotalsReference } from "./softmax-totals.reference.ts";
import { LANES, runSoftmaxTotals } from "./softmax-totals.webgpu.ts";

beforeAll(async () => {
  await startWebgpu();
});

// A software adapter chooses few: this is what GPUs run.
test.for([
  [1, 1],
  [2, 255],
  [3, 257],
  [2, 8192],
] as const)("as many invocations a row as on a GPU, %i rows of %i", async ([rows, width]) => {
  const x = randomValues(rows * width, seededRandom(width)).map((value) => 20 * value);
  const input = tensor2d(x, [rows, width]);
  const info = runSoftmaxTotals(webgpuBackend(), input, LANES.gpu);
  const got = (await webgpuBackend().read(info.dataId)) as Float32Array;
  webgpuBackend().disposeData(info.dataId);
  input.dispose();
  const wanted = softmaxTotalsReference(x, width);
  expect(
    worstDifference(
      got.map((value, i) => value / (wanted[i] ?? 0)),
      wanted.map(() => 1),
    ),
  ).toBeLessThan(1e-5);
});
