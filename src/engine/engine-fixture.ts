/** @file What the engine's tests run on, in Node and in a browser: the shipped base and pack, and the golden tensors. */
import * as v from "valibot";
import type { Fetcher } from "../model/fetcher.ts";
import type { GgufFile } from "../model/gguf.ts";
import { loadModelFiles, type PackFiles } from "../model/load-parts.ts";
import { readTokenizer, type Tokenizer } from "../model/tokenizer.ts";

/** Reads a file by its path from the repository's root. */
export type ReadFile = (path: string) => Promise<Uint8Array<ArrayBuffer>>;

const tensorSchema = v.object({
  name: v.string(),
  shape: v.array(v.number()),
  dataB64: v.string(),
  atol: v.number(),
});

const blocksSchema = v.object({
  tensors: v.array(tensorSchema),
  inputs: v.object({
    history: v.array(v.number()),
    candidates: v.array(v.number()),
    tokens: v.array(v.number()),
    behaviour: v.array(v.number()),
    branch: v.array(v.number()),
    position: v.array(v.number()),
    readout: v.array(v.number()),
  }),
});

const slatesSchema = v.object({
  slates: v.array(
    v.object({
      history: v.array(v.number()),
      candidates: v.array(v.number()),
      verdictLogOdds: v.array(v.number()),
      gate: v.array(v.number()),
    }),
  ),
});

const tokensSchema = v.object({
  prompts: v.array(
    v.object({
      history: v.array(v.number()),
      candidates: v.array(v.number()),
      gate: v.array(v.number()),
      /** Per candidate, of its text tokens in order, in nats. */
      logProbs: v.array(v.array(v.number())),
    }),
  ),
});

export type GoldenBlocks = v.InferOutput<typeof blocksSchema>;
export type GoldenSlates = v.InferOutput<typeof slatesSchema>["slates"];

export type GoldenTokens = v.InferOutput<typeof tokensSchema>["prompts"];

export interface EngineFixture {
  readonly gguf: GgufFile;
  readonly tokenizer: Tokenizer;
  readonly pack: PackFiles;
  readonly blocks: GoldenBlocks;
  readonly slates: GoldenSlates;
  readonly tokens: GoldenTokens;
}

/** Everything verified by sha256 on the way, as the app does it. */
export async function readFixture(
  read: ReadFile,
  folders = { pack: "public/packs/movies", golden: "src/engine/golden" },
): Promise<EngineFixture> {
  const fetcher: Fetcher = {
    fetch: async (path) => ({ bytes: await read(path), fromCache: true }),
    keep: () => Promise.resolve(),
  };
  const { base, pack } = await loadModelFiles(fetcher, {
    base: "public/models/smollm2-135m-instruct-12l",
    pack: folders.pack,
  });
  const golden = async (name: string): Promise<unknown> =>
    JSON.parse(new TextDecoder().decode(await read(`${folders.golden}/${name}.json`)));
  return {
    gguf: base.gguf,
    tokenizer: readTokenizer(base.gguf),
    pack,
    blocks: v.parse(blocksSchema, await golden("blocks")),
    slates: v.parse(slatesSchema, await golden("slates")).slates,
    tokens: v.parse(tokensSchema, await golden("token-log-probs")).prompts,
  };
}

/** A golden tensor's values and the absolute tolerance that its file grants. */
export function goldenTensor(
  { tensors }: GoldenBlocks,
  name: string,
): { values: Float32Array; atol: number } {
  const tensor = tensors.find((candidate) => candidate.name === name);
  if (tensor === undefined) throw new Error(`no golden tensor ${name}`);
  const bytes = Uint8Array.from(atob(tensor.dataB64), (character) => character.charCodeAt(0));
  return { values: new Float32Array(bytes.buffer), atol: tensor.atol };
}
