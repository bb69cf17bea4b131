import type { Tensor2D } from "@tensorflow/tfjs-core";

/** One site's LoRA matrices: a [rank, inFeatures], b [outFeatures, rank]. */
export interface LowRank {
  readonly a: Tensor2D;
  readonly b: Tensor2D;
  readonly rank: number;
}
