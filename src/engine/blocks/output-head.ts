import { type Tensor2D, tensor2d } from "@tensorflow/tfjs-core";
import type { BackendName } from "../engine.ts";
import { linear } from "../ops/linear/linear.ts";
import { uploadLinear } from "../ops/linear/upload-linear.ts";
import { yieldToEvents } from "../yield-to-events.ts";
import type { TokenEmbedding } from "./token-embedding.ts";

/** Packing and multiplying so many rows takes a processor some 20 ms, after which a cancel is heard. */
const MOST_WASM_ROWS = 16_384;

/**
 * Logits of every token after a hidden state [width], by the output head's rows: [vocabulary].
 *
 * The packed rows are uploaded for the call, in parts that the device can bind, and freed after it: they would be a third of the
 * weights, for requests that are rare. Rejects with `cancelled`.
 */
export async function outputLogits(
  backend: BackendName,
  hidden: Float32Array,
  head: TokenEmbedding,
  largestBindingBytes: number,
  signal?: AbortSignal,
): Promise<Float64Array> {
  const logits = new Float64Array(head.vocabulary);
  // As if unpacked: the most a row can take in any layout.
  const bindableRows = Math.max(1, Math.floor(largestBindingBytes / (4 * head.width)));
  const rowsPerPart = backend === "wasm" ? Math.min(bindableRows, MOST_WASM_ROWS) : bindableRows;
  const state: Tensor2D = tensor2d(hidden, [1, head.width]);
  try {
    for (let first = 0; first < head.vocabulary; first += rowsPerPart) {
      await yieldToEvents(signal);
      const part = head.rows(first, Math.min(head.vocabulary, first + rowsPerPart));
      const weight = uploadLinear(backend, [part], part.name);
      const product = linear(state, weight);
      try {
        logits.set(await product.data(), first);
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
