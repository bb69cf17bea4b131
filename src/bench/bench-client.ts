/** @file One benchmark run in a worker of its own, seen from the page. */
import * as v from "valibot";
import { FailureError } from "../core/failure.ts";
import { describeMisfit, fromWorkerSchema } from "../worker/call-table.ts";
import { type BenchProgress, type BenchRequest, progressSchema, reportSchema } from "./bench-message.ts";
import type { BenchReport } from "./run-bench.ts";

/** Starts a worker, lets it run once and ends it. Rejects with the FailureError that ended the run. */
export function benchInWorker(
  startWorker: () => Worker,
  request: BenchRequest,
  onProgress: (progress: BenchProgress) => void,
): Promise<BenchReport> {
  const worker = startWorker();
  return new Promise<BenchReport>((resolve, reject) => {
    const bug = (message: string) => reject(new FailureError({ kind: "bug", message }));
    worker.onerror = (event) => {
      event.preventDefault();
      bug(`the benchmark's worker stopped: ${event.message || "it could not be started"}`);
    };
    worker.onmessage = ({ data }: MessageEvent<unknown>) => {
      const message = v.safeParse(fromWorkerSchema, data);
      if (!message.success) bug(describeMisfit(message.issues));
      else if (message.output.kind === "failure") reject(new FailureError(message.output.failure));
      else if (message.output.kind === "progress")
        onProgress(v.parse(progressSchema, message.output.progress));
      else {
        const report = v.safeParse(reportSchema, message.output.reply);
        if (report.success) resolve(report.output);
        else bug(describeMisfit(report.issues));
      }
    };
    worker.postMessage(request);
  }).finally(() => worker.terminate());
}
