/** @file What a benchmark run is asked for and what it answers, as they cross the page's border. */
import * as v from "valibot";
import { FailureError } from "../core/failure.ts";
import { MOST_THREADS } from "../engine/wasm/wasm-runtime.ts";

/** In the order in which one repetition takes them. */
export const FIGURES = ["prefill", "slate", "heatmap"] as const;
export type Figure = (typeof FIGURES)[number];

export interface BenchOptions {
  readonly backend: "auto" | "webgpu" | "wasm";
  /** Threads of the WASM backend; undefined leaves the choice to the engine (one per core). */
  readonly threads: number | undefined;
  /** Timed runs of each figure, after one that is not timed. */
  readonly repetitions: number;
  readonly promptTokens: number;
  /** Layers of the model. */
  readonly depth: number;
  /** What is timed; the other figures stay empty. */
  readonly figures: readonly Figure[];
}

/** What `globalThis.bench` resolves to: these keys and no others. Times are milliseconds, one entry per repetition. */
export interface BenchResult {
  readonly backend: "webgpu" | "wasm";
  /** Threads that computed; 1 on WebGPU. */
  readonly threads: number;
  /** From the first byte asked for to an engine that has passed its own check. */
  readonly load_ms: number;
  readonly prefill_tokens: number;
  /** Logits of the next token after `prefill_tokens` tokens. */
  readonly prefill_ms: readonly number[];
  /** Verdicts of 20 candidates after a history of 10 items. */
  readonly slate_ms: readonly number[];
  /** Total effects of 10 items on 10 candidates: 11 forward passes' worth of answers. */
  readonly heatmap_ms: readonly number[];
}

const whole = (least: number, most: number) =>
  v.pipe(v.number(), v.safeInteger(), v.minValue(least), v.maxValue(most));

const LIMITS = { threads: MOST_THREADS, repetitions: 1000, promptTokens: 2048, depth: 256 };

const optionsSchema = v.strictObject({
  backend: v.optional(v.picklist(["auto", "webgpu", "wasm"]), "auto"),
  threads: v.optional(whole(1, LIMITS.threads)),
  repetitions: v.optional(whole(1, LIMITS.repetitions), 5),
  prompt_tokens: v.optional(whole(1, LIMITS.promptTokens), 256),
  depth: v.optional(whole(1, LIMITS.depth), 12),
  figures: v.optional(v.pipe(v.array(v.picklist(FIGURES)), v.minLength(1)), [...FIGURES]),
});

/** Fills in the defaults. Throws `bad-request` that names the option and what it may be. */
export function readBenchOptions(given: unknown): BenchOptions {
  const parsed = v.safeParse(optionsSchema, given ?? {});
  if (parsed.success) {
    const { prompt_tokens: promptTokens, backend, threads, repetitions, depth, figures } = parsed.output;
    return { backend, threads, repetitions, promptTokens, depth, figures };
  }
  const [issue] = parsed.issues;
  const [where = null] = v.getDotPath(issue)?.split(".") ?? [];
  const known = Object.keys(optionsSchema.entries).join(", ");
  const reason =
    where !== null && where in optionsSchema.entries
      ? `option ${where}: ${issue.message}`
      : `${where === null ? issue.message : `there is no option ${where}`}; the options are ${known}`;
  throw new FailureError({ kind: "bad-request", reason });
}
