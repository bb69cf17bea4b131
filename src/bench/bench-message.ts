/**
 * @file What the benchmark's page and its worker say to each other: one request, then the envelopes of the engine worker's own
 * protocol with progress, and at the end a reply or a failure.
 */
import * as v from "valibot";
import { type BenchOptions, FIGURES } from "./bench-options.ts";
import type { BenchFolders, BenchReport, BenchStage } from "./run-bench.ts";

export interface BenchRequest {
  readonly options: BenchOptions;
  /** Paths on this origin. */
  readonly folders: BenchFolders;
}

export interface BenchProgress {
  readonly stage: BenchStage;
  /** Repetitions finished. */
  readonly done: number;
}

const duration = v.pipe(v.number(), v.minValue(0));
const durations = v.array(duration);
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const folder = v.pipe(v.string(), v.regex(/^\/(?!\/)/, "must be a path on this origin"));

export const requestSchema: v.GenericSchema<unknown, BenchRequest> = v.object({
  options: v.object({
    backend: v.picklist(["auto", "webgpu", "wasm"]),
    threads: v.union([v.undefined(), count]),
    repetitions: count,
    promptTokens: count,
    depth: count,
    figures: v.array(v.picklist(FIGURES)),
  }),
  folders: v.object({ base: folder, pack: folder, full: folder }),
});

export const progressSchema: v.GenericSchema<unknown, BenchProgress> = v.object({
  stage: v.picklist(["loading", "warming-up", "measuring"]),
  done: count,
});

export const reportSchema: v.GenericSchema<unknown, BenchReport> = v.object({
  result: v.strictObject({
    backend: v.picklist(["webgpu", "wasm"]),
    threads: count,
    load_ms: duration,
    prefill_tokens: count,
    prefill_ms: durations,
    slate_ms: durations,
    heatmap_ms: durations,
  }),
  notes: v.object({
    adapterName: v.string(),
    layers: count,
    adapter: v.picklist(["own", "first-layers", "repeated"]),
    memory: v.object({ weightBytes: count, peakBytes: count }),
    next: v.nullable(v.object({ token: count, probability: v.number() })),
    verdicts: v.nullable(v.array(v.number())),
  }),
});
