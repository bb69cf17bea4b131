/** @file The page's end of the engine's protocol: a {@link Call} that outlives a crash of the worker. */
import { FailureError } from "../core/failure.ts";
import { callSchemas } from "./message-schema.ts";
import type { Call, Calls } from "./protocol.ts";
import { makeWorkerClient, type WorkerPort } from "./worker-client.ts";

export interface EngineClient {
  readonly call: Call;
  /** Ends the worker; what is under way is `cancelled`. A later call starts a new one. */
  close(): void;
}

/**
 * A worker that crashes fails all calls under way; the next call starts a new one, which is first given the last load that had succeeded,
 * so that a crash costs time and nothing else.
 */
export function makeEngineClient(startWorker: () => WorkerPort): EngineClient {
  const worker = makeWorkerClient<Calls>("engine", callSchemas, startWorker);
  const send = worker.call;
  /** The worker that was sent a load which has not failed. */
  let loadSentTo: object | null = null;
  let loadAgain: (() => Promise<unknown>) | null = null;
  let reloading: Promise<unknown> | null = null;

  const loading = async <Reply>(
    load: () => Promise<Reply>,
    again: () => Promise<unknown>,
  ): Promise<Reply> => {
    const used = worker.start();
    loadSentTo = used;
    try {
      const reply = await load();
      loadAgain = again;
      return reply;
    } catch (error) {
      if (loadSentTo === used) loadSentTo = null;
      throw error;
    }
  };

  /** Resolves when the worker has, or has been sent, a load. Awaiting gives a failing load's own failure. */
  const ready = async (signal: AbortSignal | undefined) => {
    if (loadAgain !== null && (loadSentTo === null || worker.running() !== loadSentTo)) {
      const reload = loading(loadAgain, loadAgain);
      reloading = reload;
      const done = () => {
        if (reloading === reload) reloading = null;
      };
      reload.then(done, done);
    }
    if (reloading !== null) await unlessAborted(reloading, signal);
  };

  const call: Call = async (name, args, options) => {
    if (name === "load")
      return loading(
        () => send(name, args, options),
        () => send(name, args),
      );
    await ready(options?.signal);
    return send(name, args, options);
  };

  return { call, close: worker.close };
}

function unlessAborted(work: Promise<unknown>, signal: AbortSignal | undefined): Promise<unknown> {
  if (signal === undefined) return work;
  return new Promise((resolve, reject) => {
    const abort = () => reject(new FailureError({ kind: "cancelled" }));
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}
