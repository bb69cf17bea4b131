/** @file Device loss as a normal event: the engine is rebuilt and the request repeated; a device that keeps failing is given up. */
import { type Failure, FailureError, toFailure } from "../core/failure.ts";
import type { TokenId } from "../core/ids.ts";
import type {
  BackendName,
  Engine,
  EngineMemory,
  EnginePrompt,
  OnAnswer,
  RandomisedControl,
  TokenProbability,
  VerdictModel,
} from "./engine.ts";
import { orCancelled } from "./or-cancelled.ts";
import {
  awaitNews,
  type BuiltEngine,
  buildSurviving,
  delay,
  type SurvivingBuild,
} from "./surviving-build.ts";

/** A request on a lost device settles at once or never; this long it may take to leave the graph. */
const SETTLING_MS = 1_000;

/**
 * Answers through one engine until its device is lost; the running request is then repeated on a rebuilt one, and after a second
 * loss within a minute, or where the GPU has no memory left or does not come back, on what takes its place (`surviving-build.ts`).
 * A cancel or `dispose` is answered at once, also while an engine is being rebuilt. Every request settles exactly once.
 */
export class RecoveringEngine implements Engine {
  readonly #builds: SurvivingBuild;
  #current: BuiltEngine;
  #currentLoss: Failure | null = null;
  #rebuilding: Promise<void> | null = null;
  readonly #end = new AbortController();
  /** Requests in progress; each hears of a loss at once, since a lost device may never answer. */
  readonly #running = new Set<(loss: FailureError) => void>();

  constructor(first: BuiltEngine, builds: SurvivingBuild) {
    this.#builds = builds;
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
    return this.#verdictsOf((engine) => engine, prompts, signal, onAnswer);
  }

  tokenLogProbs(prompts: readonly EnginePrompt[], signal?: AbortSignal): Promise<Float32Array[]> {
    return this.#answer((engine, running) => engine.tokenLogProbs(prompts, running), signal);
  }

  /** On another device the seed draws the same again. */
  control(seed: number): RandomisedControl {
    return {
      behaviour: this.#current.engine.control(seed).behaviour,
      verdicts: (prompts, signal, onAnswer) =>
        this.#verdictsOf((engine) => engine.control(seed), prompts, signal, onAnswer),
    };
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

  /** Ends a rebuild too. Requests in progress reject with `cancelled`. */
  dispose(): void {
    if (this.#end.signal.aborted) return;
    this.#end.abort();
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

  #verdictsOf(
    choose: (engine: Engine) => VerdictModel,
    prompts: readonly EnginePrompt[],
    signal: AbortSignal | undefined,
    onAnswer: OnAnswer | undefined,
  ): Promise<Float32Array[]> {
    return this.#answer((engine, running) => {
      // A lost device is told to stop, but may answer before it does.
      const heard: OnAnswer = (index, verdicts) => {
        if (!running.aborted) onAnswer?.(index, verdicts);
      };
      return choose(engine).verdicts(prompts, running, heard);
    }, signal);
  }

  async #answer<T>(
    ask: (engine: Engine, signal: AbortSignal) => Promise<T>,
    signal: AbortSignal | undefined,
  ): Promise<T> {
    const given = signal === undefined ? this.#end.signal : AbortSignal.any([signal, this.#end.signal]);
    for (;;) {
      if (given.aborted) throw cancelled();
      if (this.#rebuilding !== null || this.#currentLoss !== null) {
        await orCancelled(this.#rebuildOnce(), given);
        continue;
      }
      const used = this.#current;
      const stop = new AbortController();
      const running = ask(used.engine, AbortSignal.any([given, stop.signal]));
      try {
        return await orCancelled(this.#orLoss(running), given);
      } catch (thrown) {
        if (given.aborted) throw cancelled();
        await awaitNews(used.engine.backend, used.lost, thrown);
        const failure = toFailure(thrown);
        // A GPU that cannot place a pass has not been lost, but will not do it the next time either.
        if (failure.kind === "out-of-memory" && used.engine.backend === "webgpu" && this.#current === used)
          this.#currentLoss ??= failure;
        if (this.#current === used && this.#currentLoss === null) throw thrown;
        stop.abort();
        await Promise.race([running.catch(() => undefined), delay(SETTLING_MS)]);
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

  #rebuildOnce(): Promise<void> {
    this.#rebuilding ??= this.#rebuild().finally(() => {
      this.#rebuilding = null;
    });
    return this.#rebuilding;
  }

  async #rebuild(): Promise<void> {
    let loss = this.#currentLoss;
    // Found while a request ran, not while a model was uploaded.
    if (loss?.kind === "out-of-memory") loss = { ...loss, part: "pass" };
    // Before the backend is replaced: tensors can only be freed on the backend that made them.
    this.#current.engine.dispose();
    // Where nothing may take the GPU's place, the next request tries the GPU again: it may be a smaller one.
    if (loss?.kind === "out-of-memory") this.#currentLoss = { kind: "device-lost", reason: loss.reason };
    const rebuilt = await buildSurviving(this.#builds, loss, this.#end.signal);
    if (this.#end.signal.aborted) {
      rebuilt.engine.dispose();
      throw cancelled();
    }
    this.#current = rebuilt;
    this.#watch(rebuilt);
  }
}

function cancelled(): FailureError {
  return new FailureError({ kind: "cancelled" });
}

function withReject(): { readonly promise: Promise<never>; readonly reject: (reason: FailureError) => void } {
  let reject: (reason: FailureError) => void = () => {};
  const promise = new Promise<never>((_, refuse) => {
    reject = refuse;
  });
  return { promise, reject };
}
