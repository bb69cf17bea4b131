/** @file How often a lost device is worth another try, and what takes its place. */
import { type Failure, FailureError, toFailure } from "../core/failure.ts";
import type { BackendName, Engine } from "./engine.ts";

/** An engine and the news of its device's end. */
export interface BuiltEngine {
  readonly engine: Engine;
  /** Resolves once the device is gone: `device-lost`, or `out-of-memory` where that ended it. */
  readonly lost: Promise<Failure>;
}

export type Build = (backend: BackendName, signal?: AbortSignal) => Promise<BuiltEngine>;

/** Work on a lost device fails in many ways, and the news of the loss may come so much later. */
const NEWS_MS = 250;
/** A read-back that the browser breaks off is a loss, whose news may have to wait for all that a slow device was given before. */
const BROKEN_OFF_NEWS_MS = 10_000;

/**
 * Waits for the news that may explain why work on a device failed: where that device can be lost, and the failure does not
 * explain itself.
 */
export async function awaitNews(
  backend: BackendName,
  lost: Promise<Failure>,
  thrown: unknown,
): Promise<void> {
  if (backend !== "webgpu" || thrown instanceof FailureError) return;
  const isBrokenOff = thrown instanceof DOMException && thrown.name === "AbortError";
  await Promise.race([lost, delay(isBrokenOff ? BROKEN_OFF_NEWS_MS : NEWS_MS)]);
}

export function delay(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
}

/** Two losses within this time, and the GPU is given up. */
const PATIENCE_MS = 60_000;

/** Remembers losses over the life of an engine, those while it was being built among them. */
export class DeviceLosses {
  readonly #now: () => number;
  #lastAt = Number.NEGATIVE_INFINITY;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Notes the end of a device. Null if another is worth a try, else why not: the memory is too small, or it is the second within a minute. */
  note(loss: Failure): Failure | null {
    if (loss.kind !== "device-lost") return loss;
    const at = this.#now();
    const isSecond = at - this.#lastAt <= PATIENCE_MS;
    this.#lastAt = at;
    return isSecond ? { kind: "device-lost-twice", reason: loss.reason } : null;
  }
}

export interface SurvivingBuild {
  readonly build: Build;
  readonly losses: DeviceLosses;
  /** Takes the place of a GPU that is given up. Throws where nothing may. */
  readonly giveUp: (why: Failure) => BackendName;
}

/**
 * Builds on the GPU, again where it is lost on the way, and on what `giveUp` names where it keeps failing. `loss` is the end of the
 * device before, null for a first one. Rejects as `build` and `giveUp` do; failures of the files and a cancel end it at once.
 */
export async function buildSurviving(
  { build, losses, giveUp }: SurvivingBuild,
  loss: Failure | null,
  signal?: AbortSignal,
): Promise<BuiltEngine> {
  for (let last = loss; ; ) {
    const why = last === null ? null : losses.note(last);
    if (why !== null) return build(giveUp(why), signal);
    try {
      return await build("webgpu", signal);
    } catch (thrown) {
      const failure = toFailure(thrown);
      if (isForEveryBackend(failure) || signal?.aborted) throw new FailureError(failure);
      if (failure.kind === "device-lost") last = failure;
      else return build(giveUp(failure), signal);
    }
  }
}

/** What would fail on any backend. */
function isForEveryBackend({ kind }: Failure): boolean {
  return kind === "model-unsupported" || kind === "cancelled" || kind.startsWith("file-");
}
