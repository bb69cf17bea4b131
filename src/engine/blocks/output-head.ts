/** @file The output head: the matrix from a hidden state to the logits of all tokens, a third of the weights of a small model. */
import { type Tensor2D, tensor2d } from "@tensorflow/tfjs-core";
import type { BackendName } from "../engine.ts";
import { disposeWeight, type LinearWeight, linear } from "../ops/linear/linear.ts";
import { uploadLinear } from "../ops/linear/upload-linear.ts";
import { yieldToEvents } from "../yield-to-events.ts";
import type { TokenEmbedding } from "./token-embedding.ts";

/** Packing and multiplying so many rows takes a processor some 20 ms, after which a cancel is heard. */
const MOST_WASM_ROWS = 16_384;

/** Rows of the head on the device, from `firstRow` on. */
interface HeadPart {
  readonly firstRow: number;
  readonly weight: LinearWeight;
}

/** The head on the device, in parts that it can bind. */
export interface UploadedHead {
  readonly parts: readonly HeadPart[];
  dispose(): void;
}

/** Uploads the whole head, for engines whose every request wants it. Rejects with `cancelled`; nothing stays uploaded then. */
export async function uploadHead(
  backend: BackendName,
  head: TokenEmbedding,
  largestBindingBytes: number,
  signal?: AbortSignal,
): Promise<UploadedHead> {
  const parts: HeadPart[] = [];
  const dispose = () => {
    for (const { weight } of parts.splice(0)) disposeWeight(weight);
  };
  try {
    for (const rows of rowRanges(backend, head, largestBindingBytes)) {
      await yieldToEvents(signal);
      parts.push(uploadRows(backend, head, rows));
    }
    return { parts, dispose };
  } catch (error) {
    dispose();
    throw error;
  }
}

/** Logits of every token after a hidden state [width], by the head's parts: [vocabulary]. Rejects with `cancelled`. */
export async function headLogits(
  hidden: Float32Array,
  parts: Iterable<HeadPart>,
  vocabulary: number,
  signal?: AbortSignal,
): Promise<Float64Array> {
  const logits = new Float64Array(vocabulary);
  const state: Tensor2D = tensor2d(hidden, [1, hidden.length]);
  try {
    for (const { firstRow, weight } of parts) {
      await yieldToEvents(signal);
      const product = linear(state, weight);
      try {
        logits.set(await product.data(), firstRow);
      } finally {
        product.dispose();
      }
    }
  } finally {
    state.dispose();
  }
  return logits;
}

/** As {@link headLogits}, with each part of the head uploaded for the call and freed after it: where such requests are rare. */
export function outputLogits(
  backend: BackendName,
  hidden: Float32Array,
  head: TokenEmbedding,
  largestBindingBytes: number,
  signal?: AbortSignal,
): Promise<Float64Array> {
  return headLogits(hidden, passingParts(backend, head, largestBindingBytes), head.vocabulary, signal);
}

/** One part at a time; each is freed when the next is asked for, or nobody asks any more. */
function* passingParts(
  backend: BackendName,
  head: TokenEmbedding,
  largestBindingBytes: number,
): Generator<HeadPart> {
  for (const rows of rowRanges(backend, head, largestBindingBytes)) {
    const part = uploadRows(backend, head, rows);
    try {
      yield part;
    } finally {
      disposeWeight(part.weight);
    }
  }
}

interface RowRange {
  readonly first: number;
  readonly end: number;
}

function rowRanges(backend: BackendName, head: TokenEmbedding, largestBindingBytes: number): RowRange[] {
  // As if unpacked: the most a row can take in any layout.
  const bindable = Math.max(1, Math.floor(largestBindingBytes / (4 * head.width)));
  const rows = backend === "wasm" ? Math.min(bindable, MOST_WASM_ROWS) : bindable;
  return Array.from({ length: Math.ceil(head.vocabulary / rows) }, (_, i) => ({
    first: i * rows,
    end: Math.min(head.vocabulary, (i + 1) * rows),
  }));
}

function uploadRows(backend: BackendName, head: TokenEmbedding, { first, end }: RowRange): HeadPart {
  const part = head.rows(first, end);
  return { firstRow: first, weight: uploadLinear(backend, [part], part.name) };
}
