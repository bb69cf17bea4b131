import { describe, expect, test } from "vitest";
import { FailureError } from "../core/failure.ts";
import type { Entry } from "./fixtures/gguf-bytes.ts";
import { TINY_TENSORS, TINY_TOKENS, tinyLlama } from "./fixtures/tiny-llama.ts";
import { readGguf } from "./gguf.ts";
import { readLlamaConfig } from "./llama-config.ts";

const u32 = (key: string, value: number): Readonly<Record<string, Entry>> => ({
  [key]: { key, type: "u32", value },
});
const text = (key: string, value: string): Readonly<Record<string, Entry>> => ({
  [key]: { key, type: "string", value },
});
const read = (bytes: Uint8Array) => readLlamaConfig(readGguf(bytes, "tiny.gguf"));

function failureOf(bytes: Uint8Array) {
  try {
    read(bytes);
  } catch (thrown) {
    if (thrown instanceof FailureError) return thrown.failure;
    throw thrown;
  }
  return null;
}

test("the hyper-parameters are the file's", () => {
  expect(read(tinyLlama())).toEqual({
    layers: 2,
    width: 8,
    heads: 2,
    kvHeads: 1,
    headDim: 4,
    ffn: 12,
    ropeBase: 100_000,
    rmsEpsilon: 2 ** -17,
    vocabulary: TINY_TOKENS.length,
    contextLength: 128,
  });
});

test("what may be left out has the format's default", () => {
  const bytes = tinyLlama({ "llama.rope.freq_base": null });
  expect(read(bytes).ropeBase).toBe(10_000);
});

describe("refused as not supported, by name:", () => {
  const extra = (name: string) =>
    tinyLlama({}, [...TINY_TENSORS, { name, dims: [1], type: 0, data: new Uint8Array(4) }]);
  test.for<[string, Uint8Array, RegExp]>([
    ["another architecture", tinyLlama(text("general.architecture", "gemma2")), /gemma2/],
    ["scaled rotary positions", tinyLlama(text("llama.rope.scaling.type", "yarn")), /yarn/],
    ["partly rotated heads", tinyLlama(u32("llama.rope.dimension_count", 2)), /rotates 2 of the 4/],
    ["heads of another width", tinyLlama(u32("llama.attention.key_length", 8)), /key_length/],
    ["experts", tinyLlama(u32("llama.expert_count", 8)), /mixture of experts/],
    ["biases", extra("blk.0.attn_q.bias"), /blk\.0\.attn_q\.bias/],
  ])("%s", ([, bytes, reason]) => {
    const failure = failureOf(bytes);
    expect(failure?.kind).toBe("model-unsupported");
    expect(failure !== null && "reason" in failure && failure.reason).toMatch(reason);
  });
});

describe("refused as invalid:", () => {
  test.for<[string, Uint8Array, RegExp]>([
    ["no layers said", tinyLlama({ "llama.block_count": null }), /llama.block_count is missing/],
    [
      "layers that are text",
      tinyLlama(text("llama.block_count", "2")),
      /block_count is "2", expected a number/,
    ],
    ["no layer", tinyLlama(u32("llama.block_count", 0)), /is 0/],
    ["10^9 layers", tinyLlama(u32("llama.block_count", 1e9)), /1 to 256/],
    [
      "more layers than tensors",
      tinyLlama(u32("llama.block_count", 3)),
      /blk\.2\.attn_norm\.weight is missing/,
    ],
    ["more tensors than layers", tinyLlama(u32("llama.block_count", 1)), /beyond the 1/],
    [
      "heads that do not divide the width",
      tinyLlama(u32("llama.attention.head_count", 3)),
      /head_count is 3/,
    ],
    [
      "key heads that do not divide the heads",
      tinyLlama(u32("llama.attention.head_count_kv", 3)),
      /head_count_kv is 3/,
    ],
    ["another width", tinyLlama(u32("llama.embedding_length", 16)), /token_embd\.weight is \[262, 8\]/],
    ["another FFN", tinyLlama(u32("llama.feed_forward_length", 13)), /ffn_gate\.weight is \[12, 8\]/],
    [
      "an epsilon that is no number",
      tinyLlama({
        "llama.attention.layer_norm_rms_epsilon": {
          key: "llama.attention.layer_norm_rms_epsilon",
          type: "f32",
          value: Number.NaN,
        },
      }),
      /epsilon is NaN, expected a number/,
    ],
    ["a missing norm", tinyLlama({}, TINY_TENSORS.slice(0, -1)), /output_norm\.weight is missing/],
  ])("%s", ([, bytes, reason]) => {
    const failure = failureOf(bytes);
    expect(failure?.kind).toBe("file-invalid");
    expect(failure !== null && "reason" in failure && failure.reason).toMatch(reason);
  });
});
