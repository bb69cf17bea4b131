/**
 * @file The matrix product of every layer, with the instance-wise LoRA and the residual fused. A kernel is registered per backend
 * under {@link LINEAR}; the definition is `linear.reference.ts`.
 */
import {
  concat,
  engine,
  type NamedTensorMap,
  pad2d,
  slice,
  type Tensor,
  type Tensor2D,
  tidy,
} from "@tensorflow/tfjs-core";
import { invariant, present } from "../../../core/invariant.ts";
import type { LowRank } from "../low-rank/low-rank.ts";

export const LINEAR = "BecausalLinear";

export type LinearWeightType = "q4_1" | "q8_0" | "f32";

/**
 * A row-major [outFeatures, inFeatures] matrix, or some rows of one, the way the running backend's kernel wants it.
 * On webgpu `inFeatures` is rounded up to whole blocks of 32, with weights of zero.
 *
 * - webgpu, "q4_1": int32 [outFeatures, inFeatures / 32 * 5], the raw 20-byte blocks (word 0: f16 d, f16 m; words 1 to 4: nibbles).
 * - webgpu, "q8_0": int32 [outFeatures, inFeatures / 32 * 9], per block the f32 bits of d, then 8 words of 4 int8 each.
 * - webgpu, "f32": float32 [outFeatures, inFeatures].
 * - wasm: int32 [words], the kernels' own layout (`../../wasm/assembly/weight-layout.ts`): tiles of 8 outputs, 20, 34 or 128 bytes
 *   per output and 32 inputs, the outputs rounded up to whole tiles. Only its kernel can read it.
 */
export interface WeightPart {
  readonly tensor: Tensor;
  readonly outFeatures: number;
  readonly inFeatures: number;
  readonly type: LinearWeightType;
}

/** A whole matrix: its rows in parts that the device can bind, nearly always one. */
export type LinearWeight = readonly [WeightPart, ...WeightPart[]];

/** Rows of all parts. */
export function outFeaturesOf(weight: LinearWeight): number {
  return weight.reduce((sum, { outFeatures }) => sum + outFeatures, 0);
}

export function disposeWeight(weight: LinearWeight): void {
  for (const { tensor } of weight) tensor.dispose();
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
  const { inFeatures } = weight[0];
  const missing = inFeatures - x.shape[1];
  invariant(missing >= 0, `linear takes rows of ${inFeatures}, got ${x.shape[1]}`);
  const [only, ...others] = weight;
  if (missing === 0 && others.length === 0) return runPart(x, only, adapter, residual);
  return tidy(() => {
    const padded: Tensor2D =
      missing === 0
        ? x
        : pad2d(x, [
            [0, 0],
            [0, missing],
          ]);
    let first = 0;
    const results = weight.map((part) => {
      const [at, count] = [first, part.outFeatures];
      first += count;
      const own = others.length === 0 ? adapter : adapterOfRows(adapter, at, count);
      const rowsOfResidual =
        others.length === 0 || residual === undefined
          ? residual
          : slice(residual, [0, at], [residual.shape[0], count]);
      return runPart(padded, part, own, rowsOfResidual);
    });
    return others.length === 0 ? present(results[0], "a result") : concat(results, 1);
  });
}

function adapterOfRows(
  adapter: LinearOptions["adapter"],
  first: number,
  count: number,
): LinearOptions["adapter"] {
  if (adapter === undefined) return undefined;
  const { lowRank } = adapter;
  return {
    ...adapter,
    lowRank: { ...lowRank, b: slice(lowRank.b, [first, 0], [count, lowRank.rank]) },
  };
}

function runPart(
  x: Tensor2D,
  { tensor, outFeatures, inFeatures, type }: WeightPart,
  adapter: LinearOptions["adapter"],
  residual: Tensor2D | undefined,
): Tensor2D {
  const inputs: NamedTensorMap = { x, weight: tensor };
  if (adapter !== undefined) {
    inputs["a"] = adapter.lowRank.a;
    inputs["b"] = adapter.lowRank.b;
    inputs["gate"] = adapter.gate;
    if (adapter.inner != null) inputs["inner"] = adapter.inner;
  }
  if (residual !== undefined) inputs["residual"] = residual;
  const attrs: LinearAttrs = { outFeatures, inFeatures, type, rank: adapter?.lowRank.rank ?? 0 };
  return engine().runKernel<Tensor>(LINEAR, inputs, attrs) as Tensor2D;
}
