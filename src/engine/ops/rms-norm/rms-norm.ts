/** @file RMS norm. A kernel is registered per backend under {@link RMS_NORM}. */
import { engine, type Tensor, type Tensor1D, type Tensor2D } from "@tensorflow/tfjs-core";
import { asProjected, type NextAdapter, type Projected } from "../low-rank/projected.ts";

export const RMS_NORM = "BecausalRmsNorm";

export interface RmsNormInputs {
  readonly x: Tensor2D;
  readonly gain: Tensor1D;
  /** Of the adapter that reads the result; both or neither. A kernel may leave them aside. */
  readonly a?: Tensor2D;
  readonly gate?: Tensor2D;
}

export type RmsNormAttrs = { readonly epsilon: number };

/**
 * x / sqrt(mean(x^2) + epsilon) * gain, row by row (Zhang and Sennrich 2019): x [rows, width], gain [width] -> [rows, width].
 * Returns a new tensor; the caller disposes it. No input is consumed.
 */
export function rmsNorm(x: Tensor2D, gain: Tensor1D, epsilon: number): Tensor2D {
  const attrs: RmsNormAttrs = { epsilon };
  return engine().runKernel<Tensor>(RMS_NORM, { x, gain }, attrs) as Tensor2D;
}

/** As {@link rmsNorm}, for a linear layer with an adapter. The caller disposes both tensors. */
export function rmsNormFor(
  { lowRank, gate }: NextAdapter,
  x: Tensor2D,
  gain: Tensor1D,
  epsilon: number,
): Projected {
  const attrs: RmsNormAttrs = { epsilon };
  return asProjected(engine().runKernel<Tensor | Tensor[]>(RMS_NORM, { x, gain, a: lowRank.a, gate }, attrs));
}
