import { TYPE_NUMBERS } from "../../wasm/kernels.ts";
import { extent } from "../../wasm/wasm-backend.ts";
import { fillOutput, floatsAt, intsAt, wasmKernel } from "../../wasm/wasm-kernel.ts";
import { LINEAR, type LinearAttrs, type LinearInputs, type LinearWeightType } from "./linear.ts";

const PACKED_TYPES: Readonly<Record<LinearWeightType, number>> = {
  q4_1: TYPE_NUMBERS.Q4_1,
  q8_0: TYPE_NUMBERS.Q8_0,
  f32: TYPE_NUMBERS.F32,
};

export const linearWasm = wasmKernel<LinearInputs, LinearAttrs>(
  LINEAR,
  (backend, { x, weight, a, b, gate, residual }, { inFeatures, outFeatures, type, rank }) => {
    const { runtime } = backend;
    const { kernels } = runtime;
    const rows = extent(x, 0);
    const packedType = PACKED_TYPES[type];
    const xAt = floatsAt(backend, x, rows, inFeatures);
    const packed = intsAt(backend, weight, kernels.weightBytes(packedType, outFeatures, inFeatures) / 4);
    const hasAdapter = a !== undefined && b !== undefined && gate !== undefined;
    const aAt = hasAdapter ? floatsAt(backend, a, rank, inFeatures) : 0;
    const bAt = hasAdapter ? floatsAt(backend, b, outFeatures, rank) : 0;
    const gateAt = hasAdapter ? floatsAt(backend, gate, rows, rank) : 0;
    const residualAt = residual === undefined ? 0 : floatsAt(backend, residual, rows, outFeatures);
    const usedRank = hasAdapter ? rank : 0;
    return fillOutput(backend, [rows, outFeatures], (y) =>
      runtime.withScratch(kernels.linearScratchBytes(rows, inFeatures, usedRank), "pass", (scratch) =>
        kernels.linear(
          xAt,
          rows,
          inFeatures,
          packedType,
          packed,
          outFeatures,
          scratch,
          aAt,
          bAt,
          gateAt,
          usedRank,
          residualAt,
          y,
        ),
      ),
    );
  },
);
