/** @file The output head: the matrix from a hidden state to the logits of all tokens, a third of the weights of a small model. */
import { type Tensor2D, tensor2d } from "@tensorflow/tfjs-core";
import { present } from "../../core/invariant.ts";
import type { BackendName } from "../engine.ts";
import { disposeWeight, type LinearWeight, linear, outFeaturesOf } from "../ops/linear/linear.ts";
import { uploadLinear } from "../ops/linear/upload-linear.ts";
import { softmaxTotals } from "../ops/softmax-totals/softmax-totals.ts";
import { orCancelled } from "../or-cancelled.ts";
import type { Pace } from "../pace.ts";
import { yieldToEvents } from "../yield-to-events.ts";
import { StepScope } from "./step-scope.ts";
import type { TokenEmbedding } from "./token-embedding.ts";

/** Packing and multiplying so many rows takes a processor some 20 ms, after which a cancel is heard. */
const MOST_WASM_ROWS = 16_384;

/** Of the head at a time, and bytes of logits at once, where many states are read: both stay small beside a pass. */
const MOST_PASSING_ROWS = 8192;
const MOST_LOGIT_BYTES = 8 * 2 ** 20;
/** Fewer states at once would leave the product's tiles empty. */
const FEWEST_STATES = 16;

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
    for (const rows of rowRanges(head, mostRows(backend, head, largestBindingBytes))) {
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
  const parts = passingParts(backend, head, mostRows(backend, head, largestBindingBytes));
  return headLogits(hidden, parts, head.vocabulary, signal);
}

export interface LogTotalsOptions {
  readonly signal?: AbortSignal | undefined;
  readonly pace: Pace;
  /** Called where most tensors are alive. */
  readonly onMemoryPeak: () => void;
}

/**
 * ln of what a softmax over the whole vocabulary divides by, ln sum(exp(state · row)), for every hidden state of [states, width]:
 * [states]. Each part of the head is on the device for as long as the states are multiplied with it. Rejects with `cancelled`.
 */
export async function logTotals(
  backend: BackendName,
  states: Float32Array,
  head: TokenEmbedding,
  largestBindingBytes: number,
  { signal, pace, onMemoryPeak }: LogTotalsOptions,
): Promise<Float64Array> {
  const { width } = head;
  const count = states.length / width;
  const rows = Math.min(MOST_PASSING_ROWS, mostRows(backend, head, largestBindingBytes));
  const readings: Promise<{ readonly first: number; readonly totals: Float32Array }>[] = [];
  const scope = new StepScope(pace, signal);
  let isDone = false;
  pace.begin();
  try {
    for (const { weight } of passingParts(backend, head, rows)) {
      const outs = outFeaturesOf(weight);
      const workPerState = 2 * width * outs;
      const most = Math.max(
        1,
        Math.min(
          Math.floor(Math.min(MOST_LOGIT_BYTES, largestBindingBytes) / (4 * outs)),
          Math.max(FEWEST_STATES, pace.rowsPerStep(workPerState)),
        ),
      );
      for (let first = 0; first < count; first += most) {
        const part = states.subarray(first * width, Math.min(count, first + most) * width);
        const made = await scope.step((part.length / width) * workPerState, () => {
          const logits = linear(tensor2d(part, [part.length / width, width]), weight);
          onMemoryPeak();
          return softmaxTotals(logits);
        });
        const totals = scope.release(made);
        const reading = totals.data<"float32">();
        // A reading cannot be taken back: the tensor stays until it is through, cancelled or not.
        const free = () => totals.dispose();
        reading.then(free, free);
        const answered = reading.then((values) => ({ first, totals: values }));
        // Awaited below, later than it may fail.
        answered.catch(() => undefined);
        readings.push(answered);
      }
    }
    const read = await orCancelled(Promise.all(readings), signal);
    isDone = true;
    return joinTotals(read, count);
  } finally {
    pace.end(isDone);
    scope.dispose();
  }
}

/** ln of each state's total, from the totals [states, 2] of the head's parts. */
function joinTotals(
  parts: readonly { readonly first: number; readonly totals: Float32Array }[],
  count: number,
): Float64Array {
  const largest = new Float64Array(count).fill(Number.NEGATIVE_INFINITY);
  const eachOf = (visit: (state: number, largest: number, sum: number) => void) => {
    for (const { first, totals } of parts)
      for (let i = 0; i < totals.length; i += 2)
        visit(first + i / 2, present(totals[i], "a largest logit"), present(totals[i + 1], "a total"));
  };
  const known = (state: number) => present(largest[state], "a state");
  eachOf((state, most) => {
    largest[state] = Math.max(known(state), most);
  });
  const sums = new Float64Array(count);
  eachOf((state, most, sum) => {
    sums[state] = present(sums[state], "a state") + sum * Math.exp(most - known(state));
  });
  return sums.map((sum, state) => known(state) + Math.log(sum));
}

/** One part at a time; each is freed when the next is asked for, or nobody asks any more. */
function* passingParts(backend: BackendName, head: TokenEmbedding, rowsPerPart: number): Generator<HeadPart> {
  for (const rows of rowRanges(head, rowsPerPart)) {
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

function mostRows(backend: BackendName, head: TokenEmbedding, largestBindingBytes: number): number {
  // As if unpacked: the most a row can take in any layout.
  const bindable = Math.max(1, Math.floor(largestBindingBytes / (4 * head.width)));
  return backend === "wasm" ? Math.min(bindable, MOST_WASM_ROWS) : bindable;
}

function rowRanges(head: TokenEmbedding, rows: number): RowRange[] {
  return Array.from({ length: Math.ceil(head.vocabulary / rows) }, (_, i) => ({
    first: i * rows,
    end: Math.min(head.vocabulary, (i + 1) * rows),
  }));
}

function uploadRows(backend: BackendName, head: TokenEmbedding, { first, end }: RowRange): HeadPart {
  const part = head.rows(first, end);
  return { firstRow: first, weight: uploadLinear(backend, [part], part.name) };
}
