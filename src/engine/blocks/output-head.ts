import { type Tensor2D, tensor2d } from "@tensorflow/tfjs-core";
import type { BackendName } from "../engine.ts";
import { linear } from "../ops/linear/linear.ts";
import { uploadLinear } from "../ops/linear/upload-linear.ts";
import { throwIfCancelled } from "../or-cancelled.ts";
import { yieldToEvents } from "../yield-to-events.ts";
import type { TokenEmbedding } from "./token-embedding.ts";

/** A few milliseconds' worth on a slow processor. */
const TOKENS_PER_TURN = 2048;

/**
 * Logits of every token after a hidden state [width], by the output head's rows: [vocabulary].
 *
 * On webgpu the packed rows are uploaded for the call, in parts that the device can bind, and freed after it: it would be a
 * third of the weights, for requests that are rare. On wasm the CPU's packed copy is read where it lies. Rejects with `cancelled`.
 */
export async function outputLogits(
  backend: BackendName,
  hidden: Float32Array,
  head: TokenEmbedding,
  largestBindingBytes: number,
  signal?: AbortSignal,
): Promise<Float64Array> {
  const logits = new Float64Array(head.vocabulary);
  if (backend === "wasm") {
    for (let first = 0; first < head.vocabulary; first += TOKENS_PER_TURN) {
      await yieldToEvents(signal);
      head.logits(hidden, logits, first, Math.min(head.vocabulary, first + TOKENS_PER_TURN));
    }
    return logits;
  }
  // As if unpacked: the most a row can take in any layout.
  const rowsPerPart = Math.max(1, Math.floor(largestBindingBytes / (4 * head.width)));
  const state: Tensor2D = tensor2d(hidden, [1, head.width]);
  try {
    for (let first = 0; first < head.vocabulary; first += rowsPerPart) {
      const part = head.rows(first, Math.min(head.vocabulary, first + rowsPerPart));
      const weight = uploadLinear(backend, [part], part.name);
      const product = linear(state, weight);
      try {
        logits.set(await product.data(), first);
        throwIfCancelled(signal);
      } finally {
        product.dispose();
        weight.tensor.dispose();
      }
    }
  } finally {
    state.dispose();
  }
  return logits;
}
