/** @file The worker's end of the protocol: messages in, handlers called one at a time, answers out. */
import * as v from "valibot";
import { FailureError, toFailure } from "../core/failure.ts";
import { invariant } from "../core/invariant.ts";
import {
  type CallTable,
  describeMisfit,
  type FromWorker,
  type HandlersOf,
  type NameOf,
  type SchemasOf,
  type ToWorker,
  toWorkerSchema,
} from "./call-table.ts";

/** The part of a worker's global scope, or of a MessagePort, that is used. */
export interface ServingPort {
  postMessage(message: FromWorker): void;
  onmessage: ((event: MessageEvent<unknown>) => void) | null;
}

type CallMessage = Extract<ToWorker, { kind: "call" }>;

/**
 * Answers every call with exactly one reply or failure, in the order they came; progress comes before the answer and never after.
 * A cancelled call answers `cancelled`: at once while it waits, as soon as its handler notices while it runs.
 */
export function serve<Table extends CallTable<NameOf<Table>>>(
  port: ServingPort,
  schemas: SchemasOf<Table>,
  handlers: HandlersOf<Table>,
): void {
  const waiting: CallMessage[] = [];
  let running: { readonly id: number; readonly controller: AbortController } | null = null;

  const run = async (message: CallMessage) => {
    const controller = new AbortController();
    running = { id: message.id, controller };
    const answer = await answerOf(schemas, handlers, message, controller.signal, (progress) => {
      if (running?.controller === controller && !controller.signal.aborted)
        port.postMessage({ kind: "progress", id: message.id, progress });
    });
    running = null;
    port.postMessage(answer);
    next();
  };
  const next = () => {
    if (running !== null) return;
    const message = waiting.shift();
    if (message !== undefined) void run(message);
  };
  const cancel = (id: number) => {
    if (running?.id === id) running.controller.abort();
    const place = waiting.findIndex((message) => message.id === id);
    if (place === -1) return;
    waiting.splice(place, 1);
    port.postMessage({ kind: "failure", id, failure: { kind: "cancelled" } });
  };

  port.onmessage = ({ data }) => {
    const message = v.safeParse(toWorkerSchema, data);
    invariant(message.success, "the page sent the worker something that is not of the protocol");
    if (message.output.kind === "cancel") cancel(message.output.id);
    else {
      waiting.push(message.output);
      next();
    }
  };
}

async function answerOf<Table extends CallTable<NameOf<Table>>>(
  schemas: SchemasOf<Table>,
  handlers: HandlersOf<Table>,
  { id, name, args }: CallMessage,
  signal: AbortSignal,
  onProgress: (progress: unknown) => void,
): Promise<FromWorker> {
  try {
    if (!isNameOf(schemas, name))
      throw new FailureError({ kind: "bad-request", reason: `this worker has no call "${name}"` });
    const parsed = v.safeParse(schemas[name].args, args);
    if (!parsed.success)
      throw new FailureError({ kind: "bad-request", reason: `${name}: ${describeMisfit(parsed.issues)}` });
    const reply = await handlers[name](parsed.output, { signal, onProgress });
    return { kind: "reply", id, reply };
  } catch (error) {
    // An abort surfaces in many ways (DOMException from fetch, `cancelled` from the engine): to the caller it is one.
    return { kind: "failure", id, failure: signal.aborted ? { kind: "cancelled" } : toFailure(error) };
  }
}

function isNameOf<Table extends CallTable<NameOf<Table>>>(
  schemas: SchemasOf<Table>,
  name: string,
): name is NameOf<Table> {
  return Object.hasOwn(schemas, name);
}
