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
  const state: { fallback: Failure | null } = { fallback: null };
  const first = await buildFirst(
    request,
    (failure) => {
      state.fallback = failure;
    },
    build,
  );
  const engine = new RecoveringEngine(
    first,
    // Rebuilt in the middle of a request: the load's own signal has had its day.
    (backend) => build(backend),
    (failure) => {
      state.fallback = failure;
    },
  );
  return {
    engine,
    behaviour,
    get fallback() {
      return state.fallback;
    },
  };
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
  { gguf, pack, tokenizer, onStage, wasmFiles, gpu }: LoadRequest & { readonly tokenizer: Tokenizer },
  behaviour: BehaviourModel | null,
  signal: AbortSignal | undefined,
): Promise<BuiltEngine> {
  onStage?.("preparing");
  try {
    const device = await startDevice(backend, { wasmFiles, gpu });
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
