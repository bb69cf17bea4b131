/** @file The page's end of the protocol: a {@link Call} on top of a worker that may crash, be slow, or send nonsense. */
import * as v from "valibot";
import { type Failure, FailureError } from "../core/failure.ts";
import { callSchemas, describeMisfit, fromWorkerSchema } from "./message-schema.ts";
import type { Call, CallName, ToWorker } from "./protocol.ts";

/** The part of Worker that is used. */
export interface WorkerPort {
  postMessage(message: ToWorker): void;
  terminate(): void;
  onmessage: ((event: MessageEvent<unknown>) => void) | null;
  onerror: ((event: ErrorEvent) => void) | null;
  onmessageerror: ((event: MessageEvent<unknown>) => void) | null;
}

export interface EngineClient {
  readonly call: Call;
  /** Ends the worker; what is under way is `cancelled`. A later call starts a new one. */
  close(): void;
}

interface Pending {
  settle(reply: unknown): void;
  fail(failure: Failure): void;
  progress(progress: unknown): void;
}

interface Session {
  readonly worker: WorkerPort;
  readonly pending: Map<number, Pending>;
  /** A load was sent and has not failed. */
  loadSent: boolean;
}

/**
 * Starts the worker with the first call. A worker that crashes fails all calls under way; the next call starts a new one, which is
 * first given the last load that had succeeded, so that a crash costs time and nothing else.
 */
export function makeEngineClient(startWorker: () => WorkerPort): EngineClient {
  let session: Session | null = null;
  let lastId = 0;
  let loadAgain: (() => Promise<unknown>) | null = null;
  let reloading: Promise<unknown> | null = null;

  const end = (ending: Session, failure: Failure) => {
    if (session === ending) session = null;
    ending.worker.onmessage = ending.worker.onerror = ending.worker.onmessageerror = null;
    ending.worker.terminate();
    const calls = [...ending.pending.values()];
    ending.pending.clear();
    for (const call of calls) call.fail(failure);
  };

  const start = (): Session => {
    const started: Session = { worker: startWorker(), pending: new Map(), loadSent: false };
    const crash = (what: string) => end(started, { kind: "bug", message: `the engine worker ${what}` });
    started.worker.onerror = (event) => {
      event.preventDefault?.();
      crash(`stopped: ${event.message || "it could not be started"}`);
    };
    started.worker.onmessageerror = () => crash("sent a message that cannot be read");
    started.worker.onmessage = ({ data }) => {
      const parsed = v.safeParse(fromWorkerSchema, data);
      if (!parsed.success) {
        crash(`sent something that is not of the protocol (${describeMisfit(parsed.issues)})`);
        return;
      }
      const message = parsed.output;
      // Whoever asked may have cancelled since: then nobody waits for this.
      const call = started.pending.get(message.id);
      if (call === undefined) return;
      if (message.kind === "progress") call.progress(message.progress);
      else {
        started.pending.delete(message.id);
        if (message.kind === "reply") call.settle(message.reply);
        else call.fail(message.failure);
      }
    };
    return started;
  };

  const send: Call = (name, args, { signal, onProgress } = {}) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(cancelled());
        return;
      }
      session ??= start();
      const { worker, pending } = session;
      const id = ++lastId;
      const abort = () => {
        pending.delete(id);
        worker.postMessage({ kind: "cancel", id });
        reject(cancelled());
      };
      signal?.addEventListener("abort", abort, { once: true });
      const { reply: replySchema, progress: progressSchema } = schemasOf(name);
      pending.set(id, {
        settle: (reply) => {
          signal?.removeEventListener("abort", abort);
          const parsed = v.safeParse(replySchema, reply);
          if (parsed.success) resolve(parsed.output);
          else reject(misfit(name, "reply", parsed.issues));
        },
        fail: (failure) => {
          signal?.removeEventListener("abort", abort);
          reject(new FailureError(failure));
        },
        progress: (progress) => {
          const parsed = v.safeParse(progressSchema, progress);
          if (parsed.success) onProgress?.(parsed.output);
          else {
            signal?.removeEventListener("abort", abort);
            pending.delete(id);
            worker.postMessage({ kind: "cancel", id });
            reject(misfit(name, "progress", parsed.issues));
          }
        },
      });
      worker.postMessage({ kind: "call", id, name, args });
    });

  const loading = async <Reply>(
    load: () => Promise<Reply>,
    again: () => Promise<unknown>,
  ): Promise<Reply> => {
    session ??= start();
    const used = session;
    used.loadSent = true;
    try {
      const reply = await load();
      loadAgain = again;
      return reply;
    } catch (error) {
      used.loadSent = false;
      throw error;
    }
  };

  /** Resolves when the worker has, or has been sent, a load. Awaiting gives a failing load's own failure. */
  const ready = async (signal: AbortSignal | undefined) => {
    if (loadAgain !== null && !session?.loadSent) {
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

  return {
    call,
    close: () => {
      if (session !== null) end(session, { kind: "cancelled" });
    },
  };
}

function cancelled(): FailureError {
  return new FailureError({ kind: "cancelled" });
}

function unlessAborted(work: Promise<unknown>, signal: AbortSignal | undefined): Promise<unknown> {
  if (signal === undefined) return work;
  return new Promise((resolve, reject) => {
    const abort = () => reject(cancelled());
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}

function schemasOf<Name extends CallName>(name: Name): (typeof callSchemas)[Name] {
  return callSchemas[name];
}

function misfit(name: CallName, what: string, issues: readonly v.BaseIssue<unknown>[]): FailureError {
  return new FailureError({
    kind: "bug",
    message: `the ${what} to "${name}" does not fit the protocol: ${describeMisfit(issues)}`,
  });
}
