import { FailureError } from "../core/failure.ts";

/**
 * Lets waiting messages in, a cancel among them; throws `cancelled` if the signal has aborted. A message to oneself, since nested
 * timers are held back to 4 ms in browsers.
 */
export async function yieldToEvents(signal?: AbortSignal): Promise<void> {
  throwIfCancelled(signal);
  await new Promise<void>((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
  throwIfCancelled(signal);
}

function throwIfCancelled(signal?: AbortSignal): void {
  if (signal?.aborted) throw new FailureError({ kind: "cancelled" });
}
