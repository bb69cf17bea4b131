import { present } from "../../../core/invariant.ts";
import { runProgram, webgpuKernel } from "../../webgpu/webgpu-kernel.ts";
import { SWIGLU, type SwigluInputs } from "./swiglu.ts";
import source from "./swiglu.wgsl?raw";

const LANES = 64; // as in the shader

export const swigluWebgpu = webgpuKernel<SwigluInputs, undefined>(SWIGLU, (backend, { gateUp }) => {
  const rows = present(gateUp.shape[0], "the row count of gateUp");
  const width = present(gateUp.shape[1], "the width of gateUp") / 2;
  return runProgram(backend, {
    key: "becausalSwiglu",
    source: () => source,
    inputs: [{ name: "gateUp", info: gateUp }],
    shape: [rows, width],
    workgroupSize: [LANES, 1, 1],
    workgroups: [Math.ceil(width / LANES), rows],
  });
});
