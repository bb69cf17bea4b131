/** @file From verified files to an engine that has proved itself, on the best backend that gives right answers. */
import { type Failure, FailureError } from "../core/failure.ts";
import type { GgufFile } from "../model/gguf.ts";
import { readLlamaConfig } from "../model/llama-config.ts";
import type { PackFiles } from "../model/load-parts.ts";
import { readTokenizer, type Tokenizer } from "../model/tokenizer.ts";
import { leaseBackend } from "./backend-lease.ts";
import { type DeviceOptions, startDevice } from "./device.ts";
import type { BackendName, BehaviourModel, Engine } from "./engine.ts";
import { createLlamaEngine, type LlamaEngine } from "./llama-engine.ts";
import { checkProbe } from "./probe.ts";
import { RecoveringEngine } from "./recovering-engine.ts";
import { type PackBehaviour, readBehaviourModel } from "./sasrec/behaviour-model.ts";
import { awaitNews, type BuiltEngine, buildSurviving, DeviceLosses } from "./surviving-build.ts";

export interface LoadRequest extends DeviceOptions {
  readonly gguf: GgufFile;
  /** Null: the bare base model with all its layers; it gives next tokens and no verdicts. */
  readonly pack: PackFiles | null;
  /** "auto" takes webgpu where it works and wasm elsewhere; a named backend is taken or the load fails. */
  readonly backend: "auto" | BackendName;
  /** Read from `gguf` if absent. */
  readonly tokenizer?: Tokenizer | undefined;
  readonly onStage?: (stage: "preparing" | "probing") => void;
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds by which losses of the device are told apart; the engine's own clock if absent. */
  readonly now?: () => number;
}

export interface LoadedEngine {
  readonly engine: Engine;
  /** Null without a pack. */
  readonly behaviour: BehaviourModel | null;
  /** Why webgpu is not the backend although "auto" would have liked it; null when it is. Read it late: a lost device changes it. */
  readonly fallback: Failure | null;
}

/**
 * Starts a backend, uploads base and adapter, and checks the pack's probe. A GPU that is lost on the way is tried once more. Rejects
 * with a FailureError: `file-invalid` or `model-unsupported` for the files, `no-webgpu`, `device-lost-twice`, `out-of-memory` or
 * `probe-mismatch` for a backend asked for by name or for wasm, which is the last, or `cancelled`. Whatever fails, nothing stays
 * uploaded.
 *
 * `dispose` of the last engine on a backend ends the backend too: its device or its threads, and all its memory.
 */
export async function loadEngine(request: LoadRequest): Promise<LoadedEngine> {
  const { gguf, pack, backend, signal, tokenizer = readTokenizer(gguf) } = request;
  const behaviour = pack === null ? null : readBehaviourModel(pack, readLlamaConfig(gguf).width);
  const build = (name: BackendName, stop?: AbortSignal) =>
    buildOn(name, { ...request, tokenizer }, behaviour, stop);
  const news = new FallbackNews();
  // Only a GPU can be lost. An engine on wasm keeps no way to rebuild itself, and with it none of the base's bytes.
  if (backend === "wasm") return new Loaded((await build("wasm", signal)).engine, behaviour, news);
  const losses = new DeviceLosses(request.now);
  const fallBack = (why: Failure): BackendName => {
    if (backend !== "auto") throw new FailureError(why);
    news.tell(why);
    return "wasm";
  };
  const first = await buildSurviving({ build, losses, giveUp: fallBack }, null, signal);
  if (first.engine.backend === "wasm") return new Loaded(first.engine, behaviour, news);
  // Rebuilding happens in the middle of a request, when the load's own signal has had its day. By then people see answers: a GPU
  // that keeps dropping out gives way even where it was asked for by name.
  const giveUp = (why: Failure): BackendName => {
    if (why.kind !== "device-lost-twice") return fallBack(why);
    news.tell(why);
    return "wasm";
  };
  return new Loaded(new RecoveringEngine(first, { build, losses, giveUp }), behaviour, news);
}

class FallbackNews {
  latest: Failure | null = null;

  readonly tell = (failure: Failure): void => {
    this.latest = failure;
  };
}

// Not a literal with a getter: its closure would hold the whole request, files included.
class Loaded implements LoadedEngine {
  readonly engine: Engine;
  readonly behaviour: BehaviourModel | null;
  readonly #news: FallbackNews;

  constructor(engine: Engine, behaviour: BehaviourModel | null, news: FallbackNews) {
    this.engine = engine;
    this.behaviour = behaviour;
    this.#news = news;
  }

  get fallback(): Failure | null {
    return this.#news.latest;
  }
}

async function buildOn(
  backend: BackendName,
  { gguf, pack, tokenizer, onStage, ...options }: LoadRequest & { readonly tokenizer: Tokenizer },
  behaviour: PackBehaviour | null,
  signal: AbortSignal | undefined,
): Promise<BuiltEngine> {
  onStage?.("preparing");
  const device = await startDevice(backend, options);
  const giveBack = leaseBackend(device);
  const stop = new AbortController();
  let loss: Failure | null = null;
  void device.lost.then((failure) => {
    loss = failure;
    stop.abort();
  });
  const running = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]);
  let part: "weights" | "pass" = "weights";
  let engine: LlamaEngine | null = null;
  try {
    const parts = { gguf, tokenizer, pack, behaviour, onFreed: giveBack };
    engine = await createLlamaEngine(device, parts, running);
    part = "pass";
    if (pack !== null && behaviour !== null) {
      onStage?.("probing");
      const mismatch = await checkProbe(engine, behaviour, pack, tokenizer, running);
      if (mismatch !== null) throw new FailureError(mismatch);
    }
    return { engine, lost: device.lost };
  } catch (thrown) {
    await awaitNews(backend, device.lost, thrown);
    if (engine === null) giveBack();
    else engine.dispose();
    if (loss !== null && !signal?.aborted) throw new FailureError(withPart(loss, part));
    throw thrown;
  }
}

/** What did not fit is known here, not to the device. */
function withPart(loss: Failure, part: "weights" | "pass"): Failure {
  return loss.kind === "out-of-memory" ? { ...loss, part } : loss;
}
