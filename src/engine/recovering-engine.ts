/** @file Device loss as a normal event: the engine is rebuilt and the request repeated; a device that keeps failing is given up. */
import { type Failure, FailureError, toFailure } from "../core/failure.ts";
import type { TokenId } from "../core/ids.ts";
import type {
  BackendName,
  Engine,
  EngineMemory,
  EnginePrompt,
  OnAnswer,
  TokenProbability,
} from "./engine.ts";

/** An engine and the news of its device's end. */
export interface BuiltEngine {
  readonly engine: Engine;
  /** Resolves once the device is gone. */
  readonly lost: Promise<Failure>;
}

/** Two losses within this time, and the GPU is given up. */
const PATIENCE_MS = 60_000;
/** A request on a lost device settles at once or never; this long it may take to leave the graph. */
const SETTLING_MS = 1_000;

/**
 * Answers through the engine that `build` makes. When its device is lost, the running request is repeated on a rebuilt engine; after
 * a second loss within a minute, or where rebuilding fails, on wasm. `onGiveUp` hears why the GPU was given up.
 */
export class RecoveringEngine implements Engine {
  readonly #build: (backend: BackendName) => Promise<BuiltEngine>;
  readonly #onGiveUp: (failure: Failure) => void;
  readonly #now: () => number;
  #current: BuiltEngine;
  #currentLoss: Failure | null = null;
  #lastLossAt = Number.NEGATIVE_INFINITY;
  #rebuilding: Promise<void> | null = null;
  #isDisposed = false;
  /** Requests in progress; each hears of a loss at once, since a lost device may never answer. */
  readonly #running = new Set<(loss: FailureError) => void>();

  constructor(
    first: BuiltEngine,
    build: (backend: BackendName) => Promise<BuiltEngine>,
    onGiveUp: (failure: Failure) => void,
    now: () => number = () => performance.now(),
  ) {
    this.#build = build;
    this.#onGiveUp = onGiveUp;
    this.#now = now;
    this.#current = first;
    this.#watch(first);
  }

  get backend(): BackendName {
    return this.#current.engine.backend;
  }

  get adapterName(): string {
    return this.#current.engine.adapterName;
  }

  get layers(): number {
    return this.#current.engine.layers;
  }

  verdicts(
    prompts: readonly EnginePrompt[],
    signal?: AbortSignal,
    onAnswer?: OnAnswer,
  ): Promise<Float32Array[]> {
    return this.#answer((engine, running) => {
      // A lost device is told to stop, but may answer before it does.
      const heard: OnAnswer = (index, verdicts) => {
        if (!running.aborted) onAnswer?.(index, verdicts);
      };
      return engine.verdicts(prompts, running, heard);
    }, signal);
  }

  nextToken(tokens: readonly TokenId[], top: number, signal?: AbortSignal): Promise<TokenProbability[]> {
    return this.#answer((engine, running) => engine.nextToken(tokens, top, running), signal);
  }

  memory(): EngineMemory {
    return this.#current.engine.memory();
  }

  throughput(): { readonly tokens: number; readonly milliseconds: number } {
    return this.#current.engine.throughput();
  }

  dispose(): void {
    this.#isDisposed = true;
    this.#current.engine.dispose();
  }

  #watch(built: BuiltEngine): void {
    this.#currentLoss = null;
    void built.lost.then((loss) => {
      if (this.#current !== built) return;
      this.#currentLoss = loss;
      for (const reject of this.#running) reject(new FailureError(loss));
    });
  }

  async #answer<T>(
    ask: (engine: Engine, signal: AbortSignal) => Promise<T>,
    signal: AbortSignal | undefined,
  ): Promise<T> {
    for (;;) {
      await this.#rebuilding;
      const current = this.#current;
      if (this.#currentLoss !== null && !this.#isDisposed) {
        // Lost while nobody asked.
        await this.#rebuildOnce(this.#currentLoss);
        continue;
      }
      const stop = new AbortController();
      const both = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]);
      const running = ask(current.engine, both);
      try {
        return await this.#orLoss(running);
      } catch (thrown) {
        // A lost device fails the request itself too, and that news may come first.
        if (this.#current === current && current.engine.backend === "webgpu") await delay(0);
        const loss = this.#current === current ? this.#currentLoss : toFailure(thrown);
        if (loss?.kind !== "device-lost" || this.#isDisposed) throw thrown;
        stop.abort();
        await Promise.race([running.catch(() => undefined), delay(SETTLING_MS)]);
        if (this.#current === current) await this.#rebuildOnce(loss);
      }
    }
  }

  async #orLoss<T>(running: Promise<T>): Promise<T> {
    const { promise: lost, reject } = withReject();
    this.#running.add(reject);
    try {
      return await Promise.race([running, lost]);
    } finally {
      this.#running.delete(reject);
    }
  }

  #rebuildOnce(loss: Failure): Promise<void> {
    this.#rebuilding ??= this.#rebuild(loss);
    return this.#rebuilding;
  }

  async #rebuild(loss: Failure): Promise<void> {
    const lossAt = this.#now();
    const isPatient = lossAt - this.#lastLossAt > PATIENCE_MS;
    this.#lastLossAt = lossAt;
    // Before the backend is replaced: tensors can only be freed on the backend that made them.
    this.#current.engine.dispose();
    try {
      const rebuilt = await this.#buildAfter(loss, isPatient);
      this.#current = rebuilt;
      if (this.#isDisposed) rebuilt.engine.dispose();
      else this.#watch(rebuilt);
    } finally {
      this.#rebuilding = null;
    }
  }

  async #buildAfter(loss: Failure, isPatient: boolean): Promise<BuiltEngine> {
    if (isPatient) {
      try {
        return await this.#build("webgpu");
      } catch (thrown) {
        this.#onGiveUp(toFailure(thrown));
        return this.#build("wasm");
      }
    }
    this.#onGiveUp(loss);
    return this.#build("wasm");
  }
}

function withReject(): { readonly promise: Promise<never>; readonly reject: (reason: FailureError) => void } {
  let reject: (reason: FailureError) => void = () => {};
  const promise = new Promise<never>((_, refuse) => {
    reject = refuse;
  });
  return { promise, reject };
}

function delay(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
}
