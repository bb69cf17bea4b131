/** @file Hyper-parameters of a Llama-architecture GGUF, and the promise that its tensors have the shapes they imply. */
import { FailureError } from "../core/failure.ts";
import { present } from "../core/invariant.ts";
import type { GgufFile, GgufTensor, GgufValue } from "./gguf.ts";

export interface LlamaConfig {
  readonly layers: number;
  /** Embedding width. */
  readonly width: number;
  readonly heads: number;
  /** Key and value heads, each shared by `heads / kvHeads` query heads. */
  readonly kvHeads: number;
  readonly headDim: number;
  readonly ffn: number;
  /** Base of the rotary angles; pairs are interleaved (2i, 2i + 1), as GGUF stores q and k. */
  readonly ropeBase: number;
  readonly rmsEpsilon: number;
  readonly vocabulary: number;
  /** Longest sequence the base was trained on, in positions. */
  readonly contextLength: number;
}

/** Tensors of one layer, by what they do. `norm` tensors are `[width]` vectors, the rest `[out, in]` matrices. */
export const LAYER_TENSORS = [
  "attn_norm",
  "attn_q",
  "attn_k",
  "attn_v",
  "attn_output",
  "ffn_norm",
  "ffn_gate",
  "ffn_up",
  "ffn_down",
] as const;
export type LayerTensor = (typeof LAYER_TENSORS)[number];

/** Name of a layer's tensor in the file: `blk.3.attn_q.weight`. */
export function layerTensorName(layer: number, tensor: LayerTensor): string {
  return `blk.${layer}.${tensor}.weight`;
}

const OUTPUT = "output.weight";

/** Name of the matrix [vocabulary, width] that makes logits: the file's own, or the token embedding where the two are tied. */
export function outputTensorName(file: GgufFile): string {
  return file.tensors.has(OUTPUT) ? OUTPUT : "token_embd.weight";
}

/** A tensor that {@link readLlamaConfig} has found to be there. */
export function tensorOf(file: GgufFile, name: string): GgufTensor {
  return present(file.tensors.get(name), `tensor ${name} of ${file.file}`);
}

// Bounds on what a page can hold; each is far above the largest model of the sizes becausal is made for.
const LIMITS = { layers: 256, width: 16_384, ffn: 131_072, heads: 256, vocabulary: 1_000_000 };

/**
 * Reads and checks everything the graph relies on. Throws a FailureError: `model-unsupported` for another architecture or a feature
 * of this one that the graph lacks (named), `file-invalid` for a file that contradicts itself.
 */
export function readLlamaConfig(file: GgufFile): LlamaConfig {
  const read = new MetadataReader(file);
  const architecture = read.text("general.architecture");
  if (architecture !== "llama")
    throw read.unsupported(`its architecture is ${architecture}; only llama is run`);
  refuseFeatures(file, read);

  const width = read.whole("llama.embedding_length", LIMITS.width);
  const heads = read.whole("llama.attention.head_count", LIMITS.heads);
  const kvHeads = read.whole("llama.attention.head_count_kv", LIMITS.heads, heads);
  if (width % heads !== 0) throw read.invalid(`${heads} heads do not divide a width of ${width}`);
  if (heads % kvHeads !== 0) throw read.invalid(`${kvHeads} key heads do not divide ${heads} heads`);
  const headDim = width / heads;
  if (headDim % 2 !== 0) throw read.invalid(`a head of ${headDim} cannot be rotated in pairs`);
  const rotated = read.whole("llama.rope.dimension_count", LIMITS.width, headDim);
  if (rotated !== headDim)
    throw read.unsupported(`it rotates ${rotated} of the ${headDim} dimensions of a head; all are expected`);
  for (const key of ["llama.attention.key_length", "llama.attention.value_length"])
    if (read.whole(key, LIMITS.width, headDim) !== headDim)
      throw read.unsupported(`${key} is not the width divided by the heads (${headDim})`);

  const embedding = file.tensors.get("token_embd.weight");
  const vocabulary = read.whole("llama.vocab_size", LIMITS.vocabulary, embedding?.shape[0]);
  const config: LlamaConfig = {
    layers: read.whole("llama.block_count", LIMITS.layers),
    width,
    heads,
    kvHeads,
    headDim,
    ffn: read.whole("llama.feed_forward_length", LIMITS.ffn),
    ropeBase: read.positive("llama.rope.freq_base", 10_000),
    rmsEpsilon: read.positive("llama.attention.layer_norm_rms_epsilon"),
    vocabulary,
    contextLength: read.whole("llama.context_length", 2 ** 31),
  };
  checkTensors(file, config);
  return config;
}

function refuseFeatures(file: GgufFile, read: MetadataReader): void {
  const scaling = file.metadata.get("llama.rope.scaling.type") ?? "none";
  if (scaling !== "none") throw read.unsupported(`it scales its rotary positions (${String(scaling)})`);
  if (file.metadata.has("llama.expert_count") && read.number("llama.expert_count") > 0)
    throw read.unsupported("it is a mixture of experts");
  // Silently dropping a tensor would change every answer: what the graph does not use is refused.
  const known = new RegExp(
    `^(token_embd|output_norm|output|blk\\.\\d+\\.(${LAYER_TENSORS.join("|")}))\\.weight$`,
  );
  for (const name of file.tensors.keys())
    if (!known.test(name))
      throw read.unsupported(`it has a tensor the graph does not use (${JSON.stringify(name.slice(0, 80))})`);
}

function checkTensors(file: GgufFile, config: LlamaConfig): void {
  const { width, ffn } = config;
  const kvWidth = config.kvHeads * config.headDim;
  const layerShapes: Record<LayerTensor, readonly number[]> = {
    attn_norm: [width],
    attn_q: [width, width],
    attn_k: [kvWidth, width],
    attn_v: [kvWidth, width],
    attn_output: [width, width],
    ffn_norm: [width],
    ffn_gate: [ffn, width],
    ffn_up: [ffn, width],
    ffn_down: [width, ffn],
  };
  const expected: (readonly [string, readonly number[]])[] = [
    ["token_embd.weight", [config.vocabulary, width]],
    ["output_norm.weight", [width]],
    ...(file.tensors.has(OUTPUT) ? [[OUTPUT, [config.vocabulary, width]] as const] : []),
  ];
  for (let layer = 0; layer < config.layers; layer++)
    for (const tensor of LAYER_TENSORS) expected.push([layerTensorName(layer, tensor), layerShapes[tensor]]);

  const invalid = (reason: string) => new FailureError({ kind: "file-invalid", file: file.file, reason });
  for (const [name, shape] of expected) {
    const tensor = file.tensors.get(name);
    if (tensor === undefined) throw invalid(`tensor ${name} is missing`);
    if (tensor.shape.join() !== shape.join())
      throw invalid(`tensor ${name} is [${tensor.shape.join(", ")}], expected [${shape.join(", ")}]`);
  }
  if (file.tensors.size > expected.length)
    throw invalid(`it holds layers beyond the ${config.layers} that llama.block_count announces`);
}

/** Typed access to metadata; a failure names the key and what it holds. */
export class MetadataReader {
  readonly file: GgufFile;

  constructor(file: GgufFile) {
    this.file = file;
  }

  invalid(reason: string): FailureError {
    return new FailureError({ kind: "file-invalid", file: this.file.file, reason });
  }

  unsupported(reason: string): FailureError {
    return new FailureError({ kind: "model-unsupported", file: this.file.file, reason });
  }

  text(key: string): string {
    const value = this.value(key);
    if (typeof value !== "string") throw this.invalid(`${key} is not text`);
    return value;
  }

  number(key: string): number {
    const value = this.value(key);
    if (typeof value !== "number" || !Number.isFinite(value)) throw this.invalid(`${key} is not a number`);
    return value;
  }

  /** A whole number from 1 to `most`; `absent` where the key may be left out. */
  whole(key: string, most: number, absent?: number): number {
    if (absent !== undefined && !this.file.metadata.has(key)) return absent;
    const value = this.number(key);
    if (!Number.isInteger(value) || value < 1 || value > most)
      throw this.invalid(`${key} is ${value}, expected a whole number from 1 to ${most}`);
    return value;
  }

  positive(key: string, absent?: number): number {
    if (absent !== undefined && !this.file.metadata.has(key)) return absent;
    const value = this.number(key);
    if (value <= 0) throw this.invalid(`${key} is ${value}, expected a positive number`);
    return value;
  }

  texts(key: string): readonly string[] {
    const value = this.value(key);
    if (!isTexts(value)) throw this.invalid(`${key} is not a list of texts`);
    return value;
  }

  numbers(key: string): readonly number[] {
    const value = this.value(key);
    if (!isNumbers(value)) throw this.invalid(`${key} is not a list of numbers`);
    return value;
  }

  private value(key: string): GgufValue {
    const value = this.file.metadata.get(key);
    if (value === undefined) throw this.invalid(`metadata ${key} is missing`);
    return value;
  }
}

function isTexts(value: GgufValue): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}

function isNumbers(value: GgufValue): value is readonly number[] {
  return Array.isArray(value) && value.every((item) => typeof item === "number");
}
