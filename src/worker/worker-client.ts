/** @file The page's end of a worker's protocol: calls to a worker that may crash, be slow, or send nonsense. */
import * as v from "valibot";
import { type Failure, FailureError } from "../core/failure.ts";
import {
  type CallOf,
  type CallTable,
  describeMisfit,
  fromWorkerSchema,
  type NameOf,
  type SchemasOf,
  type ToWorker,
} from "./call-table.ts";

/** The part of Worker that is used. */
export interface WorkerPort {
  postMessage(message: ToWorker): void;
  terminate(): void;
  onmessage: ((event: MessageEvent<unknown>) => void) | null;
  onerror: ((event: ErrorEvent) => void) | null;
  onmessageerror: ((event: MessageEvent<unknown>) => void) | null;
}

export interface WorkerClient<Table extends CallTable<NameOf<Table>>> {
  readonly call: CallOf<Table>;
  /** The worker that runs now, as something to compare; null when none does. */
  running(): object | null;
  /** The same, after starting a worker where none runs. */
  start(): object;
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
}

/**
 * Starts the worker with the first call. A worker that crashes fails all calls under way, and the next call starts a new one. `name` is
 * what failures call it.
 */
export function makeWorkerClient<Table extends CallTable<NameOf<Table>>>(
  name: string,
  schemas: SchemasOf<Table>,
  startWorker: () => WorkerPort,
): WorkerClient<Table> {
  let session: Session | null = null;
  let lastId = 0;

  const end = (ending: Session, failure: Failure) => {
    if (session === ending) session = null;
    ending.worker.onmessage = ending.worker.onerror = ending.worker.onmessageerror = null;
    ending.worker.terminate();
    const calls = [...ending.pending.values()];
    ending.pending.clear();
    for (const call of calls) call.fail(failure);
  };

  const start = (): Session => {
    const started: Session = { worker: startWorker(), pending: new Map() };
    const crash = (what: string) => end(started, { kind: "bug", message: `the ${name} worker ${what}` });
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

  const call: CallOf<Table> = (name, args, { signal, onProgress } = {}) =>
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
      const { reply: replySchema, progress: progressSchema } = schemas[name];
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

  return {
    call,
    running: () => session,
    start: () => {
      session ??= start();
      return session;
    },
    close: () => {
      if (session !== null) end(session, { kind: "cancelled" });
    },
  };
}

function cancelled(): FailureError {
  return new FailureError({ kind: "cancelled" });
}

function misfit(name: string, what: string, issues: readonly v.BaseIssue<unknown>[]): FailureError {
  return new FailureError({
    kind: "bug",
    message: `the ${what} to "${name}" does not fit the protocol: ${describeMisfit(issues)}`,
  });
}
