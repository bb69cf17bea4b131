/** @file From verified files to an engine that has proved itself, on the best backend that gives right answers. */
import { findBackendFactory, removeBackend } from "@tensorflow/tfjs-core";
import { type Failure, FailureError, toFailure } from "../core/failure.ts";
import type { GgufFile } from "../model/gguf.ts";
import { readLlamaConfig } from "../model/llama-config.ts";
import type { PackFiles } from "../model/load-parts.ts";
import { readTokenizer, type Tokenizer } from "../model/tokenizer.ts";
import { type DeviceOptions, startDevice } from "./device.ts";
import type { BackendName, BehaviourModel, Engine } from "./engine.ts";
import { createLlamaEngine } from "./llama-engine.ts";
import { checkProbe } from "./probe.ts";
import { type BuiltEngine, RecoveringEngine } from "./recovering-engine.ts";
import { readBehaviourModel } from "./sasrec/behaviour-model.ts";

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
}

export interface LoadedEngine {
  readonly engine: Engine;
  /** Null without a pack. */
  readonly behaviour: BehaviourModel | null;
  /** Why webgpu is not the backend although "auto" would have liked it; null when it is. Read it late: a lost device changes it. */
  readonly fallback: Failure | null;
}

/**
 * Starts a backend, uploads base and adapter, and checks the pack's probe. Rejects with a FailureError: `file-invalid` or
 * `model-unsupported` for the files, `no-webgpu` or `probe-mismatch` for a backend asked for by name, or `cancelled`. Whatever fails,
 * nothing stays uploaded.
 */
export async function loadEngine(request: LoadRequest): Promise<LoadedEngine> {
  const { gguf, pack, tokenizer = readTokenizer(gguf) } = request;
  const behaviour = pack === null ? null : readBehaviourModel(pack, readLlamaConfig(gguf).width);
  const build = (backend: BackendName, signal?: AbortSignal) =>
    buildOn(backend, { ...request, tokenizer }, behaviour, signal);
  const news = new FallbackNews();
  const first = await buildFirst(request, news.tell, build);
  // Only a GPU can be lost. An engine on wasm keeps no way to rebuild itself, and with it none of the file's bytes.
  if (first.engine.backend === "wasm") return new Loaded(first.engine, behaviour, news);
  // Rebuilding happens in the middle of a request, when the load's own signal has had its day.
  const engine = new RecoveringEngine(first, (backend) => build(backend), news.tell);
  return new Loaded(engine, behaviour, news);
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

async function buildFirst(
  { backend, signal }: LoadRequest,
  onFallback: (failure: Failure) => void,
  build: (backend: BackendName, signal?: AbortSignal) => Promise<BuiltEngine>,
): Promise<BuiltEngine> {
  if (backend !== "auto") return build(backend, signal);
  try {
    return await build("webgpu", signal);
  } catch (thrown) {
    const failure = toFailure(thrown);
    if (isAboutTheFiles(failure) || failure.kind === "cancelled") throw thrown;
    onFallback(failure);
    return build("wasm", signal);
  }
}

/** What would fail on any backend. */
function isAboutTheFiles({ kind }: Failure): boolean {
  return kind === "model-unsupported" || kind.startsWith("file-");
}

async function buildOn(
  backend: BackendName,
  {
    gguf,
    pack,
    tokenizer,
    onStage,
    wasmFiles,
    threads,
    gpu,
  }: LoadRequest & { readonly tokenizer: Tokenizer },
  behaviour: BehaviourModel | null,
  signal: AbortSignal | undefined,
): Promise<BuiltEngine> {
  onStage?.("preparing");
  try {
    const device = await startDevice(backend, { wasmFiles, threads, gpu });
    const engine = await createLlamaEngine(device, { gguf, tokenizer, pack, behaviour }, signal);
    try {
      if (pack !== null && behaviour !== null) {
        onStage?.("probing");
        const mismatch = await checkProbe(engine, behaviour, pack, tokenizer, signal);
        if (mismatch !== null) throw new FailureError(mismatch);
      }
      return { engine, lost: device.lost };
    } catch (thrown) {
      engine.dispose();
      throw thrown;
    }
  } catch (thrown) {
    // A refused device holds memory of its own. The wasm backend stays: tfjs cannot start a removed one again.
    if (backend === "webgpu" && findBackendFactory("webgpu") !== null) removeBackend("webgpu");
    throw thrown;
  }
}
