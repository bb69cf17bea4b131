import { invariant, present } from "../../../core/invariant.ts";
import { unroll } from "../../webgpu/unroll.ts";
import { runProgram, webgpuKernel } from "../../webgpu/webgpu-kernel.ts";
import { TREE_ATTENTION, type TreeAttentionAttrs, type TreeAttentionInputs } from "./tree-attention.ts";
import source from "./tree-attention.wgsl?raw";

const LANES = 64; // as in the shader

export const treeAttentionWebgpu = webgpuKernel<TreeAttentionInputs, TreeAttentionAttrs>(
  TREE_ATTENTION,
  (backend, { qkv, ends }, { heads, kvHeads, headDim }) => {
    invariant(heads % kvHeads === 0, `${heads} heads cannot share ${kvHeads} keys and values evenly`);
    const rows = present(qkv.shape[0], "the row count of qkv");
    const group = heads / kvHeads;
    const counts = {
      GROUP: group,
      QUADS: Math.ceil(group / 4),
      DIM: headDim,
      SLICES: Math.ceil(headDim / LANES),
    };
    return runProgram(backend, {
      key: `becausalTreeAttention_${group}_${headDim}`,
      source: () => unroll(source, counts),
      inputs: [
        { name: "qkv", info: qkv },
        { name: "ends", info: ends },
      ],
      shape: [rows, heads * headDim],
      workgroupSize: [LANES, 1, 1],
      workgroups: [kvHeads, rows],
      uniforms: {
        kvHeads: { type: "uint32", value: kvHeads },
        scale: { type: "float32", value: 1 / Math.sqrt(headDim) },
      },
    });
  },
);
