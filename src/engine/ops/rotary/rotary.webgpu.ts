import { present } from "../../../core/invariant.ts";
import { runProgramToOne, webgpuKernel } from "../../webgpu/webgpu-kernel.ts";
import { ROTARY, type RotaryAttrs, type RotaryInputs } from "./rotary.ts";
import source from "./rotary.wgsl?raw";

const LANES = 64; // as in the shader

export const rotaryWebgpu = webgpuKernel<RotaryInputs, RotaryAttrs>(
  ROTARY,
  (backend, { qkv, cos, sin }, { heads, kvHeads, headDim }) =>
    runProgramToOne(backend, {
      key: "becausalRotary",
      source: () => source,
      // WGSL has functions named cos and sin.
      inputs: [
        { name: "qkv", info: qkv },
        { name: "cosine", info: cos },
        { name: "sine", info: sin },
      ],
      outputs: [{ name: "result", shape: qkv.shape }],
      workgroupSize: [LANES, 1, 1],
      workgroups: [
        Math.ceil(((heads + 2 * kvHeads) * headDim) / 2 / LANES),
        present(qkv.shape[0], "the row count of qkv"),
      ],
      uniforms: { rotated: { type: "uint32", value: (heads + kvHeads) * headDim } },
    }),
);
