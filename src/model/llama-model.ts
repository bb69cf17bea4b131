import type { ReadMeter } from "./byte-cursor.ts";
import { checkFiniteWeights } from "./finite-weights.ts";
import { type GgufFile, readGguf, readGgufHead } from "./gguf.ts";
import { type LlamaConfig, readLlamaConfig } from "./llama-config.ts";
import { readTokenizer, type Tokenizer } from "./tokenizer.ts";

/** A model file that nobody has vouched for, found to be one that can be run. */
export interface LlamaModel {
  readonly gguf: GgufFile;
  readonly config: LlamaConfig;
  readonly tokenizer: Tokenizer;
}

/**
 * Reads a file of the user's own and checks all that running it relies on, before any work is done with it: format, architecture,
 * shapes, vocabulary, and that every weight is a number. Throws a FailureError, `file-invalid` or `model-unsupported`, whose reason
 * says what is wrong, where, and what to do. `meter` counts the work of the header.
 */
export function readLlamaModel(bytes: Uint8Array, file: string, meter?: ReadMeter): LlamaModel {
  const gguf = readGguf(bytes, file, meter);
  const config = readLlamaConfig(gguf);
  const tokenizer = readTokenizer(gguf);
  checkFiniteWeights(gguf);
  return { gguf, config, tokenizer };
}

/** Long enough for the header of a vocabulary of some 256,000 tokens. */
export const MODEL_HEAD_BYTES = 16 * 2 ** 20;

/**
 * Refuses, as {@link readLlamaModel} does, a file of `fileBytes` for whatever its first bytes give reason to refuse: all but the
 * weights themselves. So a file of gigabytes is refused without being read.
 */
export function checkLlamaHead(head: Uint8Array, file: string, fileBytes: number): void {
  const gguf = readGgufHead(head, file, fileBytes);
  if (gguf === null) return;
  readLlamaConfig(gguf);
  readTokenizer(gguf);
}
