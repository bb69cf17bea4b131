/** @file Rows that an op has made, with the LoRA's inner product of them where the backend makes it in passing. */

import type { Tensor, Tensor2D } from "@tensorflow/tfjs-core";
import { invariant } from "../../../core/invariant.ts";
import type { LowRank } from "./low-rank.ts";

/** Rows and their product with the adapter of the layer that reads them next. */
export interface Projected {
  /** [rows, width] */
  readonly x: Tensor2D;
  /** (x a^T) * gate, [rows, rank]; null where `linear` is to make it. */
  readonly inner: Tensor2D | null;
}

/** The adapter of the linear layer that reads an op's result. */
export interface NextAdapter {
  readonly lowRank: LowRank;
  /** [rows, rank] gate of every row, the LoRA scale already in it. */
  readonly gate: Tensor2D;
}

/** What a kernel returns that may or may not make the inner product. */
export function asProjected(made: Tensor | Tensor[]): Projected {
  const [x, inner = null] = Array.isArray(made) ? made : [made];
  invariant(x?.rank === 2 && (inner === null || inner.rank === 2), "rows are matrices");
  return { x: x as Tensor2D, inner: inner as Tensor2D | null };
}
