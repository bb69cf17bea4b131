import { BackendWasm } from "@tensorflow/tfjs-backend-wasm";
import { engine, type Tensor2D } from "@tensorflow/tfjs-core";
import { invariant, present } from "../../core/invariant.ts";
import { product } from "./wasm-kernel.ts";

/**
 * Frees the values of a weight that is only ever the right side of a product. XNNPACK keeps a packed copy of its own per weight,
 * made at the first product, and never looks at the tensor again: without this every weight is held twice. Afterwards the tensor
 * cannot be read, only multiplied and disposed (which frees the packed copy). Returns the same tensor.
 */
export function keepPackedCopyOnly(weight: Tensor2D): Tensor2D {
  const { backend } = engine();
  invariant(backend instanceof BackendWasm, "only the wasm backend packs weights");
  const row = backend.makeOutput(
    [1, weight.shape[0]],
    "float32",
    undefined,
    new Float32Array(weight.shape[0]),
  );
  const result = product(backend, row, weight);
  backend.disposeData(row.dataId);
  backend.disposeData(result.dataId);

  const data = present(backend.dataIdMap.get(weight.dataId), "the weight's data");
  const { wasm } = backend;
  invariant("_free" in wasm && typeof wasm._free === "function", "the wasm module exports its free");
  wasm._free(data.memoryOffset);
  // free(0) does nothing: disposing the tensor later frees its packed copy and no values a second time.
  data.memoryOffset = 0;
  return weight;
}
