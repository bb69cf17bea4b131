import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import type { TensorInfo } from "@tensorflow/tfjs-core";
import { present } from "../../../core/invariant.ts";
import { isSoftware } from "../../webgpu/is-software.ts";
import { unroll } from "../../webgpu/unroll.ts";
import { runProgramToOne, webgpuKernel } from "../../webgpu/webgpu-kernel.ts";
import { SOFTMAX_TOTALS, type SoftmaxTotalsInputs } from "./softmax-totals.ts";
import source from "./softmax-totals.wgsl?raw";

/** Rows are long and few. A software adapter's vectors are 4 wide, and every further one waits at the barrier. */
export const LANES = { gpu: 256, software: 4 } as const;

export const softmaxTotalsWebgpu = webgpuKernel<SoftmaxTotalsInputs, undefined>(
  SOFTMAX_TOTALS,
  (backend, { x }) => runSoftmaxTotals(backend, x, LANES[isSoftware(backend.device) ? "software" : "gpu"]),
);

/** {@link SOFTMAX_TOTALS} with so many invocations a row, a multiple of 4. The caller disposes the result. */
export function runSoftmaxTotals(backend: WebGPUBackend, x: TensorInfo, lanes: number): TensorInfo {
  const rows = present(x.shape[0], "the row count of x");
  return runProgramToOne(backend, {
    key: `becausalSoftmaxTotals_${lanes}`,
    source: () => unroll(source, { LANES: lanes }),
    inputs: [{ name: "x", info: x }],
    outputs: [{ name: "result", shape: [rows, 2] }],
    workgroupSize: [lanes, 1, 1],
    workgroups: [1, rows],
  });
}
