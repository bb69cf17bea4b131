/** @file The shipped base and a pack, loaded and ready to answer. */
import { join, resolve } from "node:path";
import { FailureError } from "../core/failure.ts";
import { present } from "../core/invariant.ts";
import type { BackendName, BehaviourModel, Engine } from "../engine/engine.ts";
import { type Film, filmName } from "../model/film.ts";
import { makeFilmFinder } from "../model/find-film.ts";
import { loadModelFiles } from "../model/load-parts.ts";
import type { PackManifest } from "../model/pack-manifest.ts";
import { readTokenizer } from "../model/tokenizer.ts";
import { makePromptBuilder } from "../prompt/build-prompt.ts";
import type { ScoreFn } from "../scores/score-fn.ts";
import { makeScoreFn } from "../scores/score-slates.ts";
import { diskFetcher } from "./disk-fetcher.ts";
import { gpuFor } from "./gpu-for.ts";
import { packageRoot } from "./package-root.ts";

export const BASE_FOLDER = join("public", "models", "smollm2-135m-instruct-12l");
const PACK_FOLDER = join("public", "packs", "movies");

export interface Recommender {
  readonly engine: Engine;
  readonly behaviour: BehaviourModel;
  readonly score: ScoreFn;
  readonly films: readonly Film[];
  readonly manifest: PackManifest;
  /** The films of these names, in order. Fails with `unknown-title` and the nearest three. */
  find(names: readonly string[]): readonly Film[];
}

export interface RecommenderOptions {
  readonly backend: BackendName;
  /** Of the WASM backend; undefined: one per core. */
  readonly threads: number | undefined;
  /** A folder; undefined: the shipped pack. */
  readonly pack: string | undefined;
}

/**
 * Opens a recommender, asks it and frees it. Rejects with any failure of
 * loading and of `ask`.
 */
export async function withRecommender<Answer>(
  options: RecommenderOptions,
  ask: (recommender: Recommender) => Promise<Answer>,
): Promise<Answer> {
  const recommender = await openRecommender(options);
  try {
    return await ask(recommender);
  } finally {
    recommender.engine.dispose();
  }
}

async function openRecommender({ backend, threads, pack }: RecommenderOptions): Promise<Recommender> {
  const files = await loadModelFiles(diskFetcher, {
    base: join(packageRoot(), BASE_FOLDER),
    pack: pack === undefined ? join(packageRoot(), PACK_FOLDER) : resolve(pack),
  });
  const { gguf } = files.base;
  const tokenizer = readTokenizer(gguf);
  // Only now: files that are refused cost no start of the engine's libraries.
  const { loadEngine } = await import("../engine/load-engine.ts");
  const loaded = await loadEngine({
    gguf,
    pack: files.pack,
    backend,
    threads,
    tokenizer,
    ...(await gpuFor(backend)),
  });
  const behaviour = present(loaded.behaviour, "the pack's recommender");
  const { engine } = loaded;
  const { films, manifest } = files.pack;
  const prompts = makePromptBuilder(tokenizer, films, manifest.prompt);
  const score = makeScoreFn({ engine, behaviour, prompts, beta: manifest.fusion.beta });
  return { engine, behaviour, score, films, manifest, find: (names) => findFilms(names, films) };
}

function findFilms(names: readonly string[], films: readonly Film[]): readonly Film[] {
  const finder = makeFilmFinder(films);
  return names.map((title) => {
    const film = finder.exact(title);
    if (film === null)
      throw new FailureError({
        kind: "unknown-title",
        title,
        nearest: finder.nearest(title, 3).map(filmName),
      });
    return film;
  });
}
