import { FailureError } from "./failure.ts";

/** Throws `cancelled` if the signal has aborted. */
export function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new FailureError({ kind: "cancelled" });
}
