import { throwIfCancelled } from "../core/cancelled.ts";

/**
 * Lets waiting messages in, a cancel among them; throws `cancelled` if the signal has aborted. By a message to oneself, since nested
 * timers are held back to 4 ms in browsers; in Node by its own cheaper way.
 */
export async function yieldToEvents(signal?: AbortSignal): Promise<void> {
  throwIfCancelled(signal);
  await nextTurn();
  throwIfCancelled(signal);
}

const nextTurn: () => Promise<void> = "setImmediate" in globalThis ? nextTurnOfNode : nextTurnOfBrowser;

function nextTurnOfNode(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

const waiting: (() => void)[] = [];
let channel: MessageChannel | undefined;

function nextTurnOfBrowser(): Promise<void> {
  if (channel === undefined) {
    channel = new MessageChannel();
    channel.port1.onmessage = () => waiting.shift()?.();
  }
  const { port2 } = channel;
  return new Promise((resolve) => {
    waiting.push(resolve);
    port2.postMessage(null);
  });
}
