import { present } from "../../../core/invariant.ts";
import { isSoftware } from "../../webgpu/is-software.ts";
import { unroll } from "../../webgpu/unroll.ts";
import { runProgramToOne, webgpuKernel } from "../../webgpu/webgpu-kernel.ts";
import { canProject, projectRows } from "../low-rank/project-rows.webgpu.ts";
import { RMS_NORM, type RmsNormAttrs, type RmsNormInputs } from "./rms-norm.ts";
import source from "./rms-norm.wgsl?raw";

/** A software adapter's vectors are 4 wide, and every further one waits at the barrier. */
const LANES = { gpu: 64, software: 4 };

export const rmsNormWebgpu = webgpuKernel<RmsNormInputs, RmsNormAttrs>(
  RMS_NORM,
  (backend, { x, gain, a, gate }, { epsilon }) => {
    if (gate !== undefined && canProject(backend, a))
      return projectRows(backend, { kind: "norm", x, gain, epsilon }, a, gate);
    const lanes = LANES[isSoftware(backend.device) ? "software" : "gpu"];
    return runProgramToOne(backend, {
      key: `becausalRmsNorm_${lanes}`,
      source: () => unroll(source, { LANES: lanes }),
      inputs: [
        { name: "x", info: x },
        { name: "gain", info: gain, lasting: true },
      ],
      outputs: [{ name: "result", shape: x.shape }],
      workgroupSize: [lanes, 1, 1],
      workgroups: [1, present(x.shape[0], "the row count of x")],
      uniforms: { epsilon: { type: "float32", value: epsilon } },
    });
  },
);
