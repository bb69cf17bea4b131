import { present } from "../../../core/invariant.ts";
import { runProgramToOne, webgpuKernel } from "../../webgpu/webgpu-kernel.ts";
import { canProject, projectRows } from "../low-rank/project-rows.webgpu.ts";
import { SWIGLU, type SwigluInputs } from "./swiglu.ts";
import source from "./swiglu.wgsl?raw";

const LANES = 64; // as in the shader

export const swigluWebgpu = webgpuKernel<SwigluInputs, undefined>(SWIGLU, (backend, { gateUp, a, gate }) => {
  if (gate !== undefined && canProject(backend, a))
    return projectRows(backend, { kind: "swiglu", x: gateUp }, a, gate);
  const rows = present(gateUp.shape[0], "the row count of gateUp");
  const width = present(gateUp.shape[1], "the width of gateUp") / 2;
  return runProgramToOne(backend, {
    key: "becausalSwiglu",
    source: () => source,
    inputs: [{ name: "gateUp", info: gateUp }],
    outputs: [{ name: "result", shape: [rows, width] }],
    workgroupSize: [LANES, 1, 1],
    workgroups: [Math.ceil(width / LANES), rows],
  });
});
