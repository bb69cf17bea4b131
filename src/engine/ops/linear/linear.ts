/**
 * @file The matrix product of every layer, with the instance-wise LoRA and the residual fused. A kernel is registered per backend
 * under {@link LINEAR}; the definition is `linear.reference.ts`.
 */
import { engine, type NamedTensorMap, pad2d, type Tensor, type Tensor2D } from "@tensorflow/tfjs-core";
import { invariant } from "../../../core/invariant.ts";
import type { LowRank } from "../low-rank/low-rank.ts";

export const LINEAR = "BecausalLinear";

export type LinearWeightType = "q4_1" | "q8_0" | "f32";

/**
 * A row-major [outFeatures, inFeatures] matrix the way the running backend's kernel wants it.
 * On webgpu `inFeatures` is rounded up to whole blocks of 32, with weights of zero.
 *
 * - webgpu, "q4_1": int32 [outFeatures, inFeatures / 32 * 5], the raw 20-byte blocks (word 0: f16 d, f16 m; words 1 to 4: nibbles).
 * - webgpu, "q8_0": int32 [outFeatures, inFeatures / 32 * 9], per block the f32 bits of d, then 8 words of 4 int8 each.
 * - webgpu, "f32": float32 [outFeatures, inFeatures].
 * - wasm: int32 [words], the kernels' own layout (`../../wasm/assembly/weight-layout.ts`): tiles of 8 outputs, 20, 34 or 128 bytes
 *   per output and 32 inputs, the outputs rounded up to whole tiles. Only its kernel can read it.
 */
export interface LinearWeight {
  readonly tensor: Tensor;
  readonly outFeatures: number;
  readonly inFeatures: number;
  readonly type: LinearWeightType;
}

export interface LinearOptions {
  readonly adapter?: {
    readonly lowRank: LowRank;
    /** [rows, rank] gate of every row, the LoRA scale already in it. */
    readonly gate: Tensor2D;
    /** (x a^T) * gate, [rows, rank], where the op before has made it. */
    readonly inner?: Tensor2D | null;
  };
  /** [rows, outFeatures] added to the product. */
  readonly residual?: Tensor2D;
}

/** Kernel inputs; `a`, `b`, `gate` come together or not at all. */
export interface LinearInputs {
  readonly x: Tensor2D;
  readonly weight: Tensor;
  readonly a?: Tensor2D;
  readonly b?: Tensor2D;
  readonly gate?: Tensor2D;
  /** Only from ops of the same backend. */
  readonly inner?: Tensor2D;
  readonly residual?: Tensor2D;
}

export type LinearAttrs = {
  readonly outFeatures: number;
  readonly inFeatures: number;
  readonly type: LinearWeightType;
  /** 0 without an adapter. */
  readonly rank: number;
};

/**
 * y = x W^T + ((x a^T) * gate) b^T + residual, [rows, outFeatures].
 * Returns a new tensor; the caller disposes it. No input is consumed.
 */
export function linear(
  x: Tensor2D,
  weight: LinearWeight,
  { adapter, residual }: LinearOptions = {},
): Tensor2D {
  const missing = weight.inFeatures - x.shape[1];
  if (missing > 0) {
    const padded: Tensor2D = pad2d(x, [
      [0, 0],
      [0, missing],
    ]);
    const y = linear(padded, weight, {
      ...(adapter === undefined ? {} : { adapter }),
      ...(residual === undefined ? {} : { residual }),
    });
    padded.dispose();
    return y;
  }
  invariant(missing === 0, `linear takes rows of ${weight.inFeatures}, got ${x.shape[1]}`);
  const inputs: NamedTensorMap = { x, weight: weight.tensor };
  if (adapter !== undefined) {
    inputs["a"] = adapter.lowRank.a;
    inputs["b"] = adapter.lowRank.b;
    inputs["gate"] = adapter.gate;
    if (adapter.inner != null) inputs["inner"] = adapter.inner;
  }
  if (residual !== undefined) inputs["residual"] = residual;
  const attrs: LinearAttrs = {
    outFeatures: weight.outFeatures,
    inFeatures: weight.inFeatures,
    type: weight.type,
    rank: adapter?.lowRank.rank ?? 0,
  };
  return engine().runKernel<Tensor>(LINEAR, inputs, attrs) as Tensor2D;
}
