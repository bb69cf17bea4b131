import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import type { TensorInfo } from "@tensorflow/tfjs-core";
import { invariant, present } from "../../../core/invariant.ts";
import { isSoftware } from "../../webgpu/is-software.ts";
import { unroll } from "../../webgpu/unroll.ts";
import { runProgramToOne, webgpuKernel } from "../../webgpu/webgpu-kernel.ts";
import type { HeadShape } from "../rotary/rotary.ts";
import { TREE_ATTENTION, type TreeAttentionAttrs, type TreeAttentionInputs } from "./tree-attention.ts";
import source from "./tree-attention.wgsl?raw";
import softwareSource from "./tree-attention-software.wgsl?raw";

/** How a workgroup divides its work, as both shaders spell it out. */
export interface AttentionTile {
  /** The shader for software adapters, with workgroups of 4. */
  readonly software: boolean;
  readonly rows: number;
  /** Heads of one kv head. */
  readonly heads: number;
  /** Of a chunk; only for GPUs. */
  readonly keys: number;
  /** Invocations a query; only for GPUs. */
  readonly parts: number;
}

const SOFTWARE_LANES = 4; // as in its shader
const BYTES_PER_QUAD = 16;

/** Workgroup memory that the GPU shader takes, in bytes. */
function tileBytes(queries: number, keys: number, headDim: number): number {
  return (
    (queries + 2 * keys) * (Math.ceil(headDim / 4) + 1) * BYTES_PER_QUAD + 4 * (queries * (keys + 1) + 1)
  );
}

/** The division for heads of this shape; only speed depends on it. */
export function attentionTile(
  { heads, kvHeads, headDim }: HeadShape,
  software: boolean,
  workgroupBytes: number,
): AttentionTile {
  const group = heads / kvHeads;
  if (software) {
    // Sums and queries beyond this make the shader longer without making it faster.
    const mostValues = 512;
    const some = Math.max(1, Math.min(group, Math.floor(mostValues / headDim)));
    const rows = Math.max(1, Math.min(2, Math.floor(mostValues / (some * headDim))));
    return { software, rows, heads: some, keys: SOFTWARE_LANES, parts: 1 };
  }
  const queries = [16, 8, 4].find((count) => tileBytes(count, count, headDim) <= workgroupBytes);
  invariant(queries !== undefined, `heads of ${headDim} do not fit into ${workgroupBytes} bytes`);
  const some = Math.min(group, queries);
  return { software, rows: Math.floor(queries / some), heads: some, keys: queries, parts: 4 };
}

export const treeAttentionWebgpu = webgpuKernel<TreeAttentionInputs, TreeAttentionAttrs>(
  TREE_ATTENTION,
  (backend, inputs, shape) => {
    const { device } = backend;
    return runTreeAttention(
      backend,
      inputs,
      shape,
      attentionTile(shape, isSoftware(device), device.limits.maxComputeWorkgroupStorageSize),
    );
  },
);

/** {@link TREE_ATTENTION} with a given division. The caller disposes the result. */
export function runTreeAttention(
  backend: WebGPUBackend,
  { qkv, ends }: TreeAttentionInputs,
  { heads, kvHeads, headDim }: HeadShape,
  tile: AttentionTile,
): TensorInfo {
  invariant(heads % kvHeads === 0, `${heads} heads cannot share ${kvHeads} keys and values evenly`);
  const rows = present(qkv.shape[0], "the row count of qkv");
  const group = heads / kvHeads;
  const quads = Math.ceil(headDim / 4);
  const isAligned = headDim % 4 === 0;
  const chunks = Math.ceil(group / tile.heads);
  const queries = tile.rows * tile.heads;
  const counts = {
    ROWS: tile.rows,
    HEADS: tile.heads,
    GROUP: group,
    CHUNKS: chunks,
    DIM: headDim,
    QUADS: quads,
    QUERIES: queries,
    KEYS: tile.keys,
    PARTS: tile.parts,
    SHARE: Math.ceil(quads / tile.parts),
    SHAREDKEYS: tile.keys / tile.parts,
    ALIGNED: Number(isAligned),
    RAGGED: Number(!isAligned),
  };
  return runProgramToOne(backend, {
    key: `becausalTreeAttention_${Object.values(tile).join("_")}_${group}_${headDim}`,
    source: () => unroll(tile.software ? softwareSource : source, counts),
    inputs: [
      { name: "qkv", info: qkv, quads: isAligned },
      { name: "ends", info: ends },
    ],
    outputs: [{ name: "result", shape: [rows, heads * headDim] }],
    workgroupSize: [tile.software ? SOFTWARE_LANES : queries * tile.parts, 1, 1],
    workgroups: [kvHeads * chunks, Math.ceil(rows / tile.rows)],
    uniforms: {
      kvHeads: { type: "uint32", value: kvHeads },
      scale: { type: "float32", value: 1 / Math.sqrt(headDim) },
    },
  });
}
