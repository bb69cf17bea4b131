/** @file How a text is cut into the pieces that byte-level BPE merges within, by the name a GGUF gives its pre-tokenizer. */

/** A pre-tokenizer. */
export interface WordSplitter {
  /** The pieces in order; together they are the text. */
  readonly split: (text: string) => string[];
  /** A piece that is a token is taken whole, whatever the merges say. */
  readonly keepsWholeTokens: boolean;
}

/**
 * Number, contraction, letters, other characters (each with at most one leading space), or white space. A run of white space leaves
 * its last character to what follows unless that is a number, which always stands alone.
 * `\p{White_Space}` and not `\s`, which in JavaScript also counts U+FEFF and misses U+0085.
 */
const SMOLLM =
  /\p{N}|'(?:s|t|re|ve|m|ll|d)| ?\p{L}+| ?[^\p{White_Space}\p{L}\p{N}]+|\p{White_Space}+(?=\p{N}|$)|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/gu;

/** GPT-2's own: as above, but a run of number characters is one piece and may have a leading space. */
const GPT_2 =
  /'(?:s|t|re|ve|m|ll|d)| ?\p{L}+| ?\p{N}+| ?[^\p{White_Space}\p{L}\p{N}]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/gu;

/** Llama 3's: numbers in threes, one other character before letters, line ends with the punctuation before them. */
const LLAMA_3 =
  /'(?:[sStTmMdD]|[rR][eE]|[vV][eE]|[lL][lL])|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\p{White_Space}\p{L}\p{N}]+[\r\n]*|\p{White_Space}*[\r\n]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/gu;

const matches = (pattern: RegExp) => (text: string) => text.match(pattern) ?? [];
const smollm: WordSplitter = { split: matches(SMOLLM), keepsWholeTokens: false };
const gpt2: WordSplitter = { split: matches(GPT_2), keepsWholeTokens: false };
const llama3: WordSplitter = { split: matches(LLAMA_3), keepsWholeTokens: true };

/** By the value of `tokenizer.ggml.pre`; several names stand for one pattern. */
export const WORD_SPLITTERS: ReadonlyMap<string, WordSplitter> = new Map([
  ["smollm", smollm],
  ["starcoder", smollm],
  ["refact", smollm],
  ["command-r", smollm],
  ["codeshell", smollm],
  ["gpt-2", gpt2],
  ["olmo", gpt2],
  ["mpt", gpt2],
  ["phi-2", gpt2],
  ["llama-bpe", llama3],
  ["llama3", llama3],
  ["llama-v3", llama3],
]);
