/** @file tfjs's own `gather`, for the one form that the graph uses: whole rows of a matrix. */
import { GatherV2, type GatherV2Attrs, type TensorInfo } from "@tensorflow/tfjs-core";
import { invariant } from "../../core/invariant.ts";
import { extent } from "./wasm-backend.ts";
import { fillOutput, floatsAt, intsAt, wasmKernel } from "./wasm-kernel.ts";

export const gatherRowsWasm = wasmKernel<
  { readonly x: TensorInfo; readonly indices: TensorInfo },
  GatherV2Attrs
>(GatherV2, (backend, { x, indices }, { axis, batchDims }) => {
  invariant(axis === 0 && batchDims === 0, "gather on wasm takes rows");
  const rows = extent(x, 0);
  const width = extent(x, 1);
  const count = extent(indices, 0);
  const from = floatsAt(backend, x, rows, width);
  const rowsAt = intsAt(backend, indices, count);
  for (const index of backend.runtime.ints(rowsAt, count))
    invariant(index >= 0 && index < rows, `row ${index} of ${rows}`);
  return fillOutput(backend, [count, width], (y) =>
    backend.runtime.kernels.gatherRows(from, rowsAt, y, count, width),
  );
});
