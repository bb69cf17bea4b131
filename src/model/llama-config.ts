/** @file Hyper-parameters of a Llama-architecture GGUF, and the promise that its tensors have the shapes they imply. */
import { present } from "../core/invariant.ts";
import type { GgufFile, GgufTensor } from "./gguf.ts";
import { MetadataReader } from "./metadata-reader.ts";
import { quoted } from "./quoted.ts";

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
const LIMITS = {
  layers: 256,
  width: 16_384,
  ffn: 131_072,
  heads: 256,
  vocabulary: 1_000_000,
  context: 2 ** 31,
  // A base below 1 makes angles that grow with the pair, without bound.
  ropeBase: { least: 1, most: 1e12 },
  rmsEpsilon: { least: 1e-12, most: 1 },
};

/**
 * Reads and checks everything the graph relies on. Throws a FailureError: `model-unsupported` for another architecture or a feature
 * of this one that the graph lacks (named), `file-invalid` for a file that contradicts itself.
 */
export function readLlamaConfig(file: GgufFile): LlamaConfig {
  const read = new MetadataReader(file);
  const architecture = read.text("general.architecture");
  if (architecture !== "llama")
    throw read.unsupported(
      `general.architecture is ${quoted(architecture)}`,
      "only llama is run: take a model of that architecture",
    );
  refuseFeatures(file, read);

  const width = read.whole("llama.embedding_length", LIMITS.width);
  const heads = read.whole("llama.attention.head_count", LIMITS.heads);
  const kvHeads = read.whole("llama.attention.head_count_kv", LIMITS.heads, heads);
  if (width % heads !== 0)
    throw read.invalid(`llama.attention.head_count is ${heads}, which does not divide the width of ${width}`);
  if (heads % kvHeads !== 0)
    throw read.invalid(
      `llama.attention.head_count_kv is ${kvHeads}, which does not divide the ${heads} heads`,
    );
  const headDim = width / heads;
  if (headDim % 2 !== 0)
    throw read.invalid(
      `llama.attention.head_count is ${heads}: heads of ${headDim} cannot be rotated in pairs`,
    );
  const rotated = read.whole("llama.rope.dimension_count", LIMITS.width, headDim);
  if (rotated !== headDim)
    throw read.unsupported(
      `llama.rope.dimension_count rotates ${rotated} of the ${headDim} dimensions of a head`,
      "only models that rotate all are run",
    );
  for (const key of ["llama.attention.key_length", "llama.attention.value_length"])
    if (read.whole(key, LIMITS.width, headDim) !== headDim)
      throw read.unsupported(
        `${key} is not the width divided by the heads (${headDim})`,
        "only models where it is are run",
      );

  const embedding = file.tensors.get("token_embd.weight");
  const vocabulary = read.whole("llama.vocab_size", LIMITS.vocabulary, embedding?.shape[0]);
  const config: LlamaConfig = {
    layers: read.whole("llama.block_count", LIMITS.layers),
    width,
    heads,
    kvHeads,
    headDim,
    ffn: read.whole("llama.feed_forward_length", LIMITS.ffn),
    ropeBase: read.within("llama.rope.freq_base", LIMITS.ropeBase, 10_000),
    rmsEpsilon: read.within("llama.attention.layer_norm_rms_epsilon", LIMITS.rmsEpsilon),
    vocabulary,
    contextLength: read.whole("llama.context_length", LIMITS.context),
  };
  checkTensors(file, config);
  return config;
}

/** Keys that change the graph when they hold a number other than these. */
const CHANGING_KEYS: Readonly<Record<string, { readonly plain: readonly number[]; readonly what: string }>> =
  {
    "llama.expert_count": { plain: [0], what: "it is a mixture of experts" },
    "llama.rope.scale_linear": { plain: [0, 1], what: "it scales its rotary positions" },
    "llama.rope.scaling.attn_factor": {
      plain: [0, 1],
      what: "it scales its attention with its rotary positions",
    },
    "llama.attention.scale": { plain: [0], what: "it scales its attention by a number of its own" },
    "llama.attention.clamp_kqv": { plain: [0], what: "it clamps queries, keys and values" },
    "llama.attention.max_alibi_bias": { plain: [0], what: "it biases attention by distance" },
    "llama.embedding_scale": { plain: [0, 1], what: "it scales its embedding" },
    "llama.residual_scale": { plain: [0, 1], what: "it scales its residual" },
    "llama.logit_scale": { plain: [0, 1], what: "it scales its logits" },
    "llama.attn_logit_softcapping": { plain: [0], what: "it caps its attention logits" },
    "llama.final_logit_softcapping": { plain: [0], what: "it caps its logits" },
  };

const ANOTHER_MODEL = "take a model without that";

function refuseFeatures(file: GgufFile, read: MetadataReader): void {
  for (const [key, { plain, what }] of Object.entries(CHANGING_KEYS)) {
    if (!read.has(key)) continue;
    const value = read.number(key);
    if (!plain.includes(value)) throw read.unsupported(`${what} (${key} is ${value})`, ANOTHER_MODEL);
  }
  refuseRopeScaling(read);
  const window = "llama.attention.sliding_window";
  if (read.has(window)) {
    const positions = read.number(window);
    if (positions > 0 && positions < read.number("llama.context_length"))
      throw read.unsupported(
        `it attends to a sliding window of ${positions} positions (${window})`,
        ANOTHER_MODEL,
      );
  }
  for (const flag of ["llama.attention.causal", "llama.use_parallel_residual"] as const) {
    const plain = flag === "llama.attention.causal";
    if (read.has(flag) && read.flag(flag) !== plain)
      throw read.unsupported(`${flag} is ${!plain}`, ANOTHER_MODEL);
  }
  // Silently dropping a tensor would change every answer: what the graph does not use is refused.
  const known = new RegExp(
    `^(token_embd|output_norm|output|blk\\.\\d+\\.(${LAYER_TENSORS.join("|")}))\\.weight$`,
  );
  for (const name of file.tensors.keys())
    if (!known.test(name)) throw read.unsupported(describeStrayTensor(name), ANOTHER_MODEL);
}

/** Linear scaling is what a factor without a type means. */
function refuseRopeScaling(read: MetadataReader): void {
  const [typeKey, factorKey] = ["llama.rope.scaling.type", "llama.rope.scaling.factor"];
  const type = read.has(typeKey) ? read.text(typeKey) : "linear";
  if (type === "none") return;
  const factor = read.has(factorKey) ? read.number(factorKey) : 1;
  if (type === "linear" && (factor === 0 || factor === 1)) return;
  throw read.unsupported(
    `it scales its rotary positions (${typeKey} ${quoted(type)}, ${factorKey} ${factor})`,
    ANOTHER_MODEL,
  );
}

function describeStrayTensor(name: string): string {
  if (name.endsWith(".bias")) return `it has a bias (tensor ${quoted(name)}), which the graph does not add`;
  if (name.startsWith("rope_freqs") || name.startsWith("rope_factors"))
    return `it scales its rotary positions by a table (tensor ${quoted(name)})`;
  if (/_exps?\.|ffn_gate_inp/.test(name)) return `it is a mixture of experts (tensor ${quoted(name)})`;
  return `it has a tensor the graph does not use (${quoted(name)})`;
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

  const read = new MetadataReader(file);
  for (const [name, shape] of expected) {
    const tensor = file.tensors.get(name);
    if (tensor === undefined)
      throw read.invalid(`tensor ${name} is missing (llama.block_count is ${config.layers})`);
    if (tensor.shape.join() !== shape.join())
      throw read.invalid(
        `tensor ${name} is [${tensor.shape.join(", ")}], expected [${shape.join(", ")}] by the metadata`,
      );
  }
  if (file.tensors.size > expected.length)
    throw read.invalid(`it holds layers beyond the ${config.layers} that llama.block_count announces`);
}
