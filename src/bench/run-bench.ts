/** @file One benchmark run: load, then prefill, slate and heatmap in turn. The same in the page's worker and in Node. */
import { leaveOneOut } from "../attribution/leave-one-out.ts";
import { FailureError } from "../core/failure.ts";
import { present } from "../core/invariant.ts";
import type { EngineMemory } from "../engine/engine.ts";
import { type LoadRequest, loadEngine } from "../engine/load-engine.ts";
import { readBaseManifest } from "../model/base-manifest.ts";
import type { Fetcher } from "../model/fetcher.ts";
import { type GgufFile, readGguf } from "../model/gguf.ts";
import { readLlamaConfig } from "../model/llama-config.ts";
import { loadModelFiles, loadPackFiles, type PackFiles } from "../model/load-parts.ts";
import { checkSha256 } from "../model/sha256.ts";
import { readTokenizer } from "../model/tokenizer.ts";
import { makePromptBuilder } from "../prompt/build-prompt.ts";
import { makeScoreFn } from "../scores/score-slates.ts";
import { type BenchOptions, type BenchResult, FIGURES, type Figure } from "./bench-options.ts";
import { packOfDepth } from "./pack-of-depth.ts";
import { HEATMAP_CANDIDATES, makeWorkload } from "./workload.ts";

export interface BenchFolders {
  readonly base: string;
  readonly pack: string;
  /** Where the published file with all its layers would be, under its own name. */
  readonly full: string;
}

export interface BenchPlace extends Pick<LoadRequest, "wasmFiles" | "gpu"> {
  readonly fetcher: Fetcher;
  readonly folders: BenchFolders;
}

export type BenchStage = "loading" | "warming-up" | "measuring";

/** What is worth knowing beside the result. */
export interface BenchNotes {
  readonly adapterName: string;
  readonly layers: number;
  /** "repeated": beyond the pack's depth its layers' adapter is used again: right for timing, not for answers. */
  readonly adapter: "own" | "first-layers" | "repeated";
  readonly memory: Pick<EngineMemory, "weightBytes" | "peakBytes">;
  /** Likeliest next token after the prefill, of the bare base model at this depth. Null where no prefill was timed. */
  readonly next: { readonly token: number; readonly probability: number } | null;
  /** Verdict log-odds of the slate; null where none was timed. */
  readonly verdicts: readonly number[] | null;
}

export interface BenchReport {
  readonly result: BenchResult;
  readonly notes: BenchNotes;
}

/**
 * Rejects with the failures of loading, and with `bad-request` for a depth that no file here has. `onStage` is told of what is done
 * next and, while measuring, of the repetitions finished.
 */
export async function runBench(
  { backend, threads, repetitions, promptTokens, depth, figures }: BenchOptions,
  { fetcher, folders, ...place }: BenchPlace,
  onStage: (stage: BenchStage, done: number) => void = () => {},
): Promise<BenchReport> {
  onStage("loading", 0);
  const loadStart = performance.now();
  const { engine, behaviour, tokenizer, films, manifest, adapter } = await open(
    { backend, threads, depth },
    { fetcher, folders, ...place },
  );
  const loadMs = performance.now() - loadStart;
  try {
    const prompts = makePromptBuilder(tokenizer, films, manifest.prompt);
    const score = makeScoreFn({ engine, behaviour, prompts, beta: manifest.fusion.beta });
    const { prefill, history, candidates } = makeWorkload(films, tokenizer, promptTokens);
    const promptItems = prompts.historyItems;
    const recommenderItems = manifest.sasrec.maxLength;
    let next: BenchNotes["next"] = null;
    let verdicts: BenchNotes["verdicts"] = null;
    const ask: Readonly<Record<Figure, () => Promise<void>>> = {
      prefill: async () => {
        const [likeliest] = await engine.nextToken(prefill, 1);
        const { token, probability } = present(likeliest, "the likeliest token");
        next = { token, probability };
      },
      slate: async () => {
        const [slate] = await score([{ history, candidates }]);
        verdicts = present(slate, "the slate's scores").verdict;
      },
      heatmap: async () => {
        const few = candidates.slice(0, HEATMAP_CANDIDATES);
        const request = { history, candidates: few, promptItems, recommenderItems };
        await leaveOneOut({ ...request, question: "total" }, score);
      },
    };
    // In turn, so that a slow spell of the machine falls on all of them.
    const timed = FIGURES.filter((figure) => figures.includes(figure));

    onStage("warming-up", 0);
    for (const figure of timed) await ask[figure]();

    const timings: Readonly<Record<Figure, number[]>> = { prefill: [], slate: [], heatmap: [] };
    for (let run = 0; run < repetitions; run++) {
      onStage("measuring", run);
      for (const figure of timed) {
        const start = performance.now();
        await ask[figure]();
        timings[figure].push(performance.now() - start);
      }
    }
    const { weightBytes, peakBytes } = engine.memory();
    return {
      result: {
        backend: engine.backend,
        threads: engine.backend === "wasm" ? threadsOf(engine.adapterName) : 1,
        load_ms: loadMs,
        prefill_tokens: prefill.length,
        prefill_ms: timings.prefill,
        slate_ms: timings.slate,
        heatmap_ms: timings.heatmap,
      },
      notes: {
        adapterName: engine.adapterName,
        layers: engine.layers,
        adapter,
        memory: { weightBytes, peakBytes },
        next,
        verdicts,
      },
    };
  } finally {
    engine.dispose();
  }
}

/** What is left of the files once the engine runs; their bytes are free to go. */
async function open(
  { backend, threads, depth }: Pick<BenchOptions, "backend" | "threads" | "depth">,
  { fetcher, folders, ...place }: BenchPlace,
) {
  const { gguf, pack } = await loadFiles(fetcher, folders, depth);
  const { manifest, films } = pack;
  const tokenizer = readTokenizer(gguf);
  const fitted = packOfDepth(pack, depth);
  const { engine, behaviour } = await loadEngine({
    gguf,
    pack: fitted,
    backend,
    tokenizer,
    threads,
    ...place,
  });
  const adapter: BenchNotes["adapter"] =
    fitted === pack ? "own" : depth < manifest.base.layers ? "first-layers" : "repeated";
  return {
    engine,
    behaviour: present(behaviour, "the pack's behaviour model"),
    tokenizer,
    films,
    manifest,
    adapter,
  };
}

/** "WebAssembly SIMD, 2 threads" says 2. */
function threadsOf(adapterName: string): number {
  return Number(/(\d+) threads?\b/.exec(adapterName)?.[1] ?? 1);
}

/** The embedded base where it is deep enough, else the published file it was cut from; the pack beside it. */
async function loadFiles(
  fetcher: Fetcher,
  folders: BenchFolders,
  depth: number,
): Promise<{ readonly gguf: GgufFile; readonly pack: PackFiles }> {
  const path = `${folders.base}/manifest.json`;
  const options = { fresh: false, onBytes: () => undefined };
  const { bytes } = await fetcher.fetch(path, null, { ...options, mostBytes: 4 * 2 ** 20 });
  const { layers, source } = readBaseManifest(bytes, path);
  if (depth <= layers) {
    const { base, pack } = await loadModelFiles(fetcher, folders);
    return { gguf: base.gguf, pack };
  }
  const [pack, full] = await Promise.all([
    loadPackFiles(fetcher, folders.pack),
    fetcher
      .fetch(`${folders.full}/${source.file}`, source.sha256, { ...options, mostBytes: source.byteLength })
      .catch((thrown: unknown) => {
        if (!(thrown instanceof FailureError) || thrown.failure.kind !== "file-missing") throw thrown;
        throw refuse(
          `depth ${depth} needs the published file with all its layers, the embedded base has ${layers}; \`npm run model:full\` fetches it, and the dev and preview servers then serve it`,
        );
      }),
  ]);
  await checkSha256(full.bytes, source.sha256, source.file);
  const gguf = readGguf(full.bytes, source.file);
  const most = readLlamaConfig(gguf).layers;
  if (depth > most) throw refuse(`depth ${depth} is beyond the ${most} layers of ${source.file}`);
  return { gguf, pack };
}

function refuse(reason: string): FailureError {
  return new FailureError({ kind: "bad-request", reason });
}
