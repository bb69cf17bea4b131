import type { MetadataReader } from "./metadata-reader.ts";

/** A GGUF's tokens in the order of their ids, and the type of each. */
export interface Vocabulary {
  readonly tokens: readonly string[];
  readonly types: readonly number[];
}

// Token types, as GGUF numbers them.
export const NORMAL_TOKEN = 1;
export const UNKNOWN_TOKEN = 2;
export const BYTE_TOKEN = 6;

const SPECIAL_IDS = ["bos", "eos", "unknown"].map((name) => `tokenizer.ggml.${name}_token_id`);

/** Reads and checks the tokens. Throws `file-invalid` where lists, special ids and the embedding's rows do not fit together. */
export function readVocabulary(read: MetadataReader): Vocabulary {
  const tokens = read.texts("tokenizer.ggml.tokens");
  const typesKey = "tokenizer.ggml.token_type";
  const types = read.has(typesKey) ? read.numbers(typesKey) : tokens.map(() => NORMAL_TOKEN);
  if (types.length !== tokens.length)
    throw read.invalid(
      `tokenizer.ggml.tokens has ${tokens.length} tokens and ${typesKey} ${types.length} types`,
    );
  const rows = read.file.tensors.get("token_embd.weight")?.shape[0];
  if (rows !== undefined && rows !== tokens.length)
    throw read.invalid(
      `tokenizer.ggml.tokens has ${tokens.length} tokens and token_embd.weight ${rows} rows`,
    );
  for (const key of SPECIAL_IDS) {
    if (!read.has(key)) continue;
    const id = read.number(key);
    if (!Number.isInteger(id) || id < 0 || id >= tokens.length)
      throw read.invalid(`${key} is ${id}, expected a token from 0 to ${tokens.length - 1}`);
  }
  return { tokens, types };
}
