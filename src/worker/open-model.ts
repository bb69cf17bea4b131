/** @file From two folders to a model that answers: files fetched and verified, engine started, prompts and scores put together. */

import { type EvidenceModel, packOrigin } from "../attribution/evidence.ts";
import type { Failure } from "../core/failure.ts";
import { present } from "../core/invariant.ts";
import type { BehaviourModel, Engine } from "../engine/engine.ts";
import { loadEngine } from "../engine/load-engine.ts";
import type { WasmFiles } from "../engine/wasm/start-wasm.ts";
import type { Fetcher } from "../model/fetcher.ts";
import type { Film } from "../model/film.ts";
import { loadModelFiles } from "../model/load-parts.ts";
import type { PromptSettings } from "../model/pack-manifest.ts";
import { readTokenizer, type Tokenizer } from "../model/tokenizer.ts";
import { makePromptBuilder, type PromptBuilder } from "../prompt/build-prompt.ts";
import type { Calls, LoadProgress } from "./protocol.ts";

/** Base and pack on a running engine. */
export interface OpenModel {
  readonly engine: Engine;
  readonly behaviour: BehaviourModel;
  readonly films: readonly Film[];
  readonly tokenizer: Tokenizer;
  readonly prompts: PromptBuilder;
  /** Optional pieces of a prompt that the pack was trained to read. */
  readonly pieces: NonNullable<PromptSettings["pieces"]>;
  /** Weight of the recommender in the shown score. */
  readonly beta: number;
  /** How many of the last kept films the recommender sees. */
  readonly recommenderItems: number;
  /** Films on a slate. */
  readonly slateSize: number;
  /** Which files it is made of. */
  readonly origin: Pick<EvidenceModel, "pack" | "base">;
  /** Why webgpu is not the backend; null when it is, or was not wanted. Changes when a device is lost for good. */
  readonly fallback: () => Failure | null;
}

export type OpenModelFn = (
  args: Calls["load"]["args"],
  options: { readonly signal: AbortSignal; readonly onProgress: (progress: LoadProgress) => void },
) => Promise<OpenModel>;

/** Rejects with a FailureError that names the file or the backend; nothing stays loaded then. */
export function makeOpenModel(fetcher: Fetcher, wasmFiles?: WasmFiles): OpenModelFn {
  return async ({ baseUrl, packUrl, backend }, { signal, onProgress }) => {
    const enter = (stage: LoadProgress["stage"]) => onProgress({ stage, loadedBytes: 0, totalBytes: 0 });
    const { base, pack } = await loadModelFiles(
      fetcher,
      { base: baseUrl, pack: packUrl },
      {
        signal,
        onProgress: (loadedBytes, totalBytes) => {
          onProgress({ stage: "fetching", loadedBytes, totalBytes });
          if (loadedBytes === totalBytes) enter("verifying");
        },
      },
    );
    const tokenizer = readTokenizer(base.gguf);
    const loaded = await loadEngine({
      gguf: base.gguf,
      pack,
      tokenizer,
      backend,
      onStage: enter,
      signal,
      wasmFiles,
    });
    return {
      engine: loaded.engine,
      behaviour: present(loaded.behaviour, "the pack's behaviour model"),
      films: pack.films,
      tokenizer,
      prompts: makePromptBuilder(tokenizer, pack.films, pack.manifest.prompt),
      pieces: pack.manifest.prompt.pieces ?? [],
      beta: pack.manifest.fusion.beta,
      recommenderItems: pack.manifest.sasrec.maxLength,
      slateSize: pack.manifest.slate.size,
      origin: packOrigin(pack.manifest),
      fallback: () => loaded.fallback,
    };
  };
}
