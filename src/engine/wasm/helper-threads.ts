/** @file Threads that help with the kernels: Web Workers in a browser, worker_threads in Node. */
import type { KernelThreadMessage } from "./kernel-thread.worker.ts";

/** A thread that has the kernels instantiated and waits for its number. */
export interface Helper {
  /** Sends it into the kernels' `serve` under its number, 1 and up, until they are stopped. */
  serve(thread: number): void;
  /** Ends it, whatever it does: only where no work will be waited for any more. */
  end(): void;
}

/** What a thread needs: the code and the memory that all of them share. */
export interface SharedKernels {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
}

/** How long a thread may take to say that it is ready before the engine goes on without it. */
const PATIENCE_MS = 10_000;

/**
 * Starts up to `count` threads and returns those that came to life; one that fails to start, or not in time, is ended and left out.
 * Never rejects. An idle thread keeps neither a page nor a Node process from ending.
 */
export async function startHelpers(count: number, shared: SharedKernels): Promise<readonly Helper[]> {
  const spawn = isNode() ? spawnInNode : spawnInBrowser;
  const helpers = await Promise.all(Array.from({ length: count }, () => inTime(spawn, shared)));
  return helpers.filter((helper) => helper !== null);
}

/**
 * Whether the memory can be shared with other threads, and this one may wait for them: not in a page that is not cross-origin
 * isolated, nor on a page's own thread.
 */
export function canShareWork(): boolean {
  if (isNode()) return true;
  return globalThis.crossOriginIsolated === true && "WorkerGlobalScope" in globalThis;
}

/** Cores of this machine as far as the platform tells. */
export function availableCores(): number {
  if (isNode()) return process.getBuiltinModule("node:os").availableParallelism();
  return globalThis.navigator?.hardwareConcurrency ?? 1;
}

/** What the two kinds of workers have in common here. */
interface Spawned {
  readonly post: (message: KernelThreadMessage) => void;
  readonly end: () => void;
  /** Called once it is ready: an idle thread must not keep the process alive, one that starts must. */
  readonly letGo: () => void;
}

type Spawn = (shared: SharedKernels, onReady: () => void, onFailure: () => void) => Spawned;

function inTime(spawn: Spawn, shared: SharedKernels): Promise<Helper | null> {
  return new Promise((resolve) => {
    let spawned: Spawned | undefined;
    let hasFailed = false;
    const giveUp = () => {
      hasFailed = true;
      clearTimeout(timer);
      spawned?.end();
      resolve(null);
    };
    const timer = setTimeout(giveUp, PATIENCE_MS);
    try {
      spawned = spawn(
        shared,
        () => {
          clearTimeout(timer);
          if (spawned === undefined || hasFailed) return;
          const { post, end, letGo } = spawned;
          letGo();
          resolve({ serve: (thread) => post({ kind: "serve", thread }), end });
        },
        giveUp,
      );
    } catch {
      // A policy or a browser that allows no worker here.
      giveUp();
    }
  });
}

function spawnInBrowser(
  { module, memory }: SharedKernels,
  onReady: () => void,
  onFailure: () => void,
): Spawned {
  const worker = new Worker(new URL("./kernel-thread.worker.ts", import.meta.url), { type: "module" });
  worker.onmessage = onReady;
  worker.onerror = onFailure;
  const post = (message: KernelThreadMessage) => worker.postMessage(message);
  post({ kind: "prepare", module, memory });
  return { post, end: () => worker.terminate(), letGo: () => {} };
}

/** The same as kernel-thread.worker.ts, as source: the command line tool is one file and has no other beside it. */
const NODE_THREAD = `
const { parentPort } = require("node:worker_threads");
let instance;
parentPort.on("message", (message) => {
  if (message.kind === "prepare") {
    const { module, memory } = message;
    const words = new Int32Array(memory.buffer);
    const sleep = (address, expected) => void Atomics.wait(words, address >> 2, expected);
    instance = new WebAssembly.Instance(module, { env: { memory, sleep } });
    parentPort.postMessage("ready");
  } else {
    instance.exports.serve(message.thread);
    process.exit();
  }
});`;

function spawnInNode({ module, memory }: SharedKernels, onReady: () => void, onFailure: () => void): Spawned {
  const threads = process.getBuiltinModule("node:worker_threads");
  // Without this process's own flags: a loader or an inspector has no business in there.
  const worker = new threads.Worker(NODE_THREAD, { eval: true, execArgv: [], env: {} });
  worker.on("message", onReady);
  worker.on("error", onFailure);
  const post = (message: KernelThreadMessage) => worker.postMessage(message);
  post({ kind: "prepare", module, memory });
  return { post, end: () => void worker.terminate(), letGo: () => worker.unref() };
}

function isNode(): boolean {
  // Bundlers give pages a `process` too, but not this.
  return typeof globalThis.process?.getBuiltinModule === "function";
}
