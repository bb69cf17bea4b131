import { FailureError } from "../core/failure.ts";

/** What `work` settles with, or `cancelled` as soon as the signal aborts: what cannot be stopped is then no longer waited for. */
export function orCancelled<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  return new Promise((resolve, reject) => {
    const abort = () => reject(new FailureError({ kind: "cancelled" }));
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}
