/** @file What a softmax divides by, without the softmax. A kernel is registered per backend under {@link SOFTMAX_TOTALS}. */
import { engine, type Tensor, type Tensor2D } from "@tensorflow/tfjs-core";

export const SOFTMAX_TOTALS = "BecausalSoftmaxTotals";

export interface SoftmaxTotalsInputs {
  readonly x: Tensor2D;
}

/**
 * The largest value of every row and sum(exp(x - largest)): x [rows, width] -> [rows, 2]. Of these two the totals of a row that comes
 * in parts can be put together, without overflow. Returns a new tensor; the caller disposes it. The input is not consumed.
 */
export function softmaxTotals(x: Tensor2D): Tensor2D {
  return engine().runKernel<Tensor>(SOFTMAX_TOTALS, { x }) as Tensor2D;
}
