import { present } from "../../../core/invariant.ts";
import { runProgram, webgpuKernel } from "../../webgpu/webgpu-kernel.ts";
import { RMS_NORM, type RmsNormAttrs, type RmsNormInputs } from "./rms-norm.ts";
import source from "./rms-norm.wgsl?raw";

const LANES = 64; // as in the shader

export const rmsNormWebgpu = webgpuKernel<RmsNormInputs, RmsNormAttrs>(
  RMS_NORM,
  (backend, { x, gain }, { epsilon }) =>
    runProgram(backend, {
      key: "becausalRmsNorm",
      source: () => source,
      inputs: [
        { name: "x", info: x },
        { name: "gain", info: gain },
      ],
      shape: x.shape,
      workgroupSize: [LANES, 1, 1],
      workgroups: [1, present(x.shape[0], "the row count of x")],
      uniforms: { epsilon: { type: "float32", value: epsilon } },
    }),
);
