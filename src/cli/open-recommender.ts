/** @file The shipped base and a pack, loaded and ready to answer. */
import { basename, join, resolve } from "node:path";
import { makeStandIns, type StandInsFn } from "../attribution/counterfactual-items.ts";
import { FailureError } from "../core/failure.ts";
import { present } from "../core/invariant.ts";
import type { BehaviourModel, Engine } from "../engine/engine.ts";
import { type Film, filmName } from "../model/film.ts";
import { type FilmFinder, makeFilmFinder } from "../model/find-film.ts";
import type { GgufFile } from "../model/gguf.ts";
import { type ItemsFile, readItemsFile } from "../model/items-file.ts";
import { readLlamaModel } from "../model/llama-model.ts";
import { checkPackFitsBase, loadModelFiles, loadPackFiles, type PackFiles } from "../model/load-parts.ts";
import type { PackManifest, PromptSettings } from "../model/pack-manifest.ts";
import { sha256 } from "../model/sha256.ts";
import { readTokenizer, type Tokenizer } from "../model/tokenizer.ts";
import {
  makePromptBuilder,
  NEUTRAL_TITLE,
  type PromptBuilder,
  titleTokensSha256,
} from "../prompt/build-prompt.ts";
import type { ScoreFn } from "../scores/score-fn.ts";
import { makeScoreFn } from "../scores/score-slates.ts";
import { makeTokenScoreFn, type TokenScoreFn } from "../scores/token-scores.ts";
import { deviceFor } from "./device-for.ts";
import { diskFetcher, readDisk } from "./disk-fetcher.ts";
import { packageRoot } from "./package-root.ts";
import { rememberStates } from "./remembered-states.ts";
import type { DeviceChoice } from "./usage.ts";

export const BASE_FOLDER = join("public", "models", "smollm2-135m-instruct-12l");
const PACK_FOLDER = join("public", "packs", "movies");

export interface Recommender {
  readonly engine: Engine;
  readonly behaviour: BehaviourModel;
  readonly score: ScoreFn;
  /** The scores with every title neutral, candidates' too: the behaviour channel alone. */
  readonly untitledScore: ScoreFn;
  readonly tokenScore: TokenScoreFn;
  /** The scores of the same pack with random adapter weights. */
  controlScore(seed: number): ScoreFn;
  readonly standIns: StandInsFn;
  readonly decode: Tokenizer["decode"];
  readonly films: readonly Film[];
  readonly manifest: PackManifest;
  /** The film that a name means; null where none or several match. */
  exact(name: string): Film | null;
  /** The films of these names, in order. Fails with `unknown-title` and the nearest three. */
  find(names: readonly string[]): readonly Film[];
}

export interface RecommenderOptions extends DeviceChoice {
  /** A folder; undefined: the shipped pack. */
  readonly pack: string | undefined;
  /** The user's own file of films, for a pack that may not hold titles. */
  readonly items: string | undefined;
  /** A GGUF file; undefined: the shipped base. */
  readonly base: string | undefined;
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

async function openRecommender(options: RecommenderOptions): Promise<Recommender> {
  const items = options.items === undefined ? undefined : await openItems(options.items);
  const { gguf, pack } = await openFiles(options, items);
  const { films, manifest } = pack;
  const tokenizer = readTokenizer(gguf);
  const prompts = makePromptBuilder(tokenizer, films, manifest.prompt);
  if (items !== undefined) await checkTitles(items, pack, prompts);
  // Only now: files that are refused cost no start of the engine's libraries.
  const { loadEngine } = await import("../engine/load-engine.ts");
  const loaded = await loadEngine({ gguf, pack, tokenizer, ...(await deviceFor(options)) });
  const behaviour = rememberStates(present(loaded.behaviour, "the pack's recommender"));
  const { engine } = loaded;
  const finder = makeFilmFinder(films);
  const parts = { engine, behaviour, prompts, beta: manifest.fusion.beta };
  return {
    engine,
    behaviour,
    score: makeScoreFn(parts),
    untitledScore: makeScoreFn({ ...parts, prompts: untitledPrompts(tokenizer, films, manifest.prompt) }),
    tokenScore: makeTokenScoreFn(parts),
    controlScore: (seed) => {
      const control = engine.control(seed);
      return makeScoreFn({ ...parts, engine: control, behaviour: control.behaviour });
    },
    standIns: makeStandIns(films, (item) => prompts.titleTokens(item).length),
    decode: tokenizer.decode.bind(tokenizer),
    films,
    manifest,
    exact: finder.exact,
    find: (names) => findFilms(names, finder),
  };
}

function untitledPrompts(
  tokenizer: Tokenizer,
  films: readonly Film[],
  settings: PromptSettings,
): PromptBuilder {
  const untitled = films.map((film) => ({ ...film, title: NEUTRAL_TITLE, year: null }));
  return makePromptBuilder(tokenizer, untitled, settings);
}

/** Where a pack lies: the folder given, or the shipped one's. */
export function packFolderOf(pack: string | undefined): string {
  return pack === undefined ? join(packageRoot(), PACK_FOLDER) : resolve(pack);
}

async function openItems(path: string): Promise<ItemsFile> {
  return readItemsFile(await readDisk(resolve(path)), basename(path));
}

async function openFiles(
  { pack, base }: RecommenderOptions,
  items: ItemsFile | undefined,
): Promise<{ readonly gguf: GgufFile; readonly pack: PackFiles }> {
  const packFolder = packFolderOf(pack);
  if (base === undefined) {
    const folders = { base: join(packageRoot(), BASE_FOLDER), pack: packFolder };
    const files = await loadModelFiles(diskFetcher, folders, { items });
    return { gguf: files.base.gguf, pack: files.pack };
  }
  const files = await loadPackFiles(diskFetcher, packFolder, { items });
  const bytes = await readDisk(resolve(base));
  const { gguf, config } = readLlamaModel(bytes, basename(base));
  checkPackFitsBase(
    files.manifest,
    { sha256: await sha256(bytes), layers: config.layers },
    join(packFolder, "manifest.json"),
  );
  return { gguf, pack: files };
}

/** Text that training did not see would be scored without a word; so the titles must be, to the token, those of the training. */
async function checkTitles(
  { file }: ItemsFile,
  { films, manifest }: PackFiles,
  prompts: PromptBuilder,
): Promise<void> {
  if (manifest.catalogue.titles !== "needed")
    throw new FailureError({
      kind: "bad-request",
      reason: `the pack ${manifest.name} has its own titles; leave --items out`,
    });
  if ((await titleTokensSha256(prompts, films)) !== manifest.catalogue.titleTokensSha256)
    throw new FailureError({
      kind: "file-invalid",
      file,
      reason: `its titles are not those that the pack ${manifest.name} was trained with; give the unchanged ${manifest.name}.item or u.item`,
    });
}

function findFilms(names: readonly string[], finder: FilmFinder): readonly Film[] {
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
