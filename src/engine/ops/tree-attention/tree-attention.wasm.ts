import { invariant } from "../../../core/invariant.ts";
import { extent } from "../../wasm/wasm-backend.ts";
import { fillOutput, floatsAt, intsAt, wasmKernel } from "../../wasm/wasm-kernel.ts";
import { TREE_ATTENTION, type TreeAttentionAttrs, type TreeAttentionInputs } from "./tree-attention.ts";

export const treeAttentionWasm = wasmKernel<TreeAttentionInputs, TreeAttentionAttrs>(
  TREE_ATTENTION,
  (backend, { qkv, ends }, { heads, kvHeads, headDim }) => {
    const { runtime } = backend;
    const { kernels } = runtime;
    const rows = extent(qkv, 0);
    const qkvAt = floatsAt(backend, qkv, rows, (heads + 2 * kvHeads) * headDim);
    const endsAt = intsAt(backend, ends, rows);
    // The kernel walks from end to end: one that does not lie ahead would keep it walking for ever.
    for (const [row, end] of runtime.ints(endsAt, rows).entries())
      invariant(end > row && end <= rows, `the subtree of row ${row} of ${rows} ends at ${end}`);
    return fillOutput(backend, [rows, heads * headDim], (y) =>
      runtime.withScratch(kernels.attentionScratchBytes(rows, heads, kvHeads, headDim), "pass", (scratch) =>
        kernels.treeAttention(qkvAt, endsAt, y, scratch, rows, heads, kvHeads, headDim),
      ),
    );
  },
);
