/**
 * @file Byte-level BPE with a GGUF's own vocabulary and merges and its "smollm" pre-tokenizer: every number character stands alone,
 * the text between numbers is split as GPT-2 splits it. Text never becomes a special token.
 */
import { type TokenId, tokenId } from "../core/ids.ts";
import { invariant, present } from "../core/invariant.ts";
import type { GgufFile } from "./gguf.ts";
import { MetadataReader } from "./llama-config.ts";

export interface Tokenizer {
  /** Tokens in the vocabulary. */
  readonly size: number;
  /** Ids of a text, without a begin-of-sequence token. `<|im_start|>` in it is ordinary characters. */
  encode(text: string): TokenId[];
  /** The id of a text that is one token; anything else is a bug of the caller. */
  single(text: string): TokenId;
  /** Text of consecutive tokens. Bytes that are no whole UTF-8 character show as U+FFFD; special tokens as their names. */
  decode(tokens: readonly TokenId[]): string;
}

/**
 * Number, contraction, letters, other characters (each with at most one leading space), or white space. A run of white space leaves
 * its last character to what follows unless that is a number, which always stands alone.
 * `\p{White_Space}` and not `\s`, which in JavaScript also counts U+FEFF and misses U+0085.
 */
const WORDS =
  /\p{N}|'(?:s|t|re|ve|m|ll|d)| ?\p{L}+| ?[^\p{White_Space}\p{L}\p{N}]+|\p{White_Space}+(?=\p{N}|$)|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/gu;

/** The pieces BPE merges within; together they are the text. */
export function splitWords(text: string): string[] {
  return text.match(WORDS) ?? [];
}

/** The printable character that stands for each of the 256 bytes in the vocabulary (GPT-2's table). */
export function byteAlphabet(): string[] {
  let spare = 256;
  return Array.from({ length: 256 }, (_, byte) => {
    const isPrintable = (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte !== 0xad);
    return String.fromCharCode(isPrintable ? byte : spare++);
  });
}

const NORMAL_TOKEN = 1;
const NO_TOKEN = -1;
const CACHED_WORDS = 65_536;

/**
 * Reads the vocabulary. Throws a FailureError: `model-unsupported` for another tokenizer (named), `file-invalid` where vocabulary,
 * merges and token embedding do not fit together.
 */
export function readTokenizer(file: GgufFile): Tokenizer {
  const read = new MetadataReader(file);
  const model = read.text("tokenizer.ggml.model");
  if (model !== "gpt2")
    throw read.unsupported(`its tokenizer is ${model}; only byte-level BPE (gpt2) is read`);
  const preTokenizer = read.text("tokenizer.ggml.pre");
  if (preTokenizer !== "smollm")
    throw read.unsupported(`its pre-tokenizer is ${preTokenizer}; only smollm is known`);

  const tokens = read.texts("tokenizer.ggml.tokens");
  const merges = read.texts("tokenizer.ggml.merges");
  const types = file.metadata.has("tokenizer.ggml.token_type")
    ? read.numbers("tokenizer.ggml.token_type")
    : tokens.map(() => NORMAL_TOKEN);
  if (types.length !== tokens.length)
    throw read.invalid(`it has ${tokens.length} tokens and ${types.length} token types`);
  const rows = file.tensors.get("token_embd.weight")?.shape[0];
  if (rows !== undefined && rows !== tokens.length)
    throw read.invalid(`it has ${tokens.length} tokens and an embedding of ${rows} rows`);

  // Special tokens are left out, so that no text can reach one.
  const ids = new Map<string, number>();
  for (const [id, token] of tokens.entries()) if (types[id] === NORMAL_TOKEN) ids.set(token, id);
  const byteIds = byteAlphabet().map((character) => ids.get(character) ?? NO_TOKEN);
  if (byteIds.every((id) => id === NO_TOKEN)) throw read.invalid("its vocabulary has no token for any byte");

  const ranks = new Map<number, number>();
  const merged = new Int32Array(merges.length);
  for (const [rank, merge] of merges.entries()) {
    const space = merge.indexOf(" ", 1);
    const left = ids.get(merge.slice(0, space));
    const right = ids.get(merge.slice(space + 1));
    const whole = ids.get(merge.slice(0, space) + merge.slice(space + 1));
    if (space < 0 || left === undefined || right === undefined || whole === undefined)
      throw read.invalid(`merge ${rank} (${JSON.stringify(merge.slice(0, 80))}) is not of known tokens`);
    const pair = left * tokens.length + right;
    if (!ranks.has(pair)) ranks.set(pair, rank);
    merged[rank] = whole;
  }
  return new BytePairTokenizer(tokens, types, byteIds, ranks, merged);
}

class BytePairTokenizer implements Tokenizer {
  readonly size: number;
  readonly #tokens: readonly string[];
  readonly #types: readonly number[];
  /** [256] token of each byte, or NO_TOKEN where the vocabulary lacks it. */
  readonly #byteIds: readonly number[];
  /** left * size + right -> rank. */
  readonly #ranks: ReadonlyMap<number, number>;
  /** [merges] token a merge makes. */
  readonly #merged: Int32Array;
  readonly #byteOf = new Map(byteAlphabet().map((character, byte) => [character, byte]));
  readonly #encoder = new TextEncoder();
  readonly #words = new Map<string, readonly TokenId[]>();

  constructor(
    tokens: readonly string[],
    types: readonly number[],
    byteIds: readonly number[],
    ranks: ReadonlyMap<number, number>,
    merged: Int32Array,
  ) {
    this.size = tokens.length;
    this.#tokens = tokens;
    this.#types = types;
    this.#byteIds = byteIds;
    this.#ranks = ranks;
    this.#merged = merged;
  }

  encode(text: string): TokenId[] {
    const out: TokenId[] = [];
    for (const word of splitWords(text)) for (const token of this.#encodeWord(word)) out.push(token);
    return out;
  }

  single(text: string): TokenId {
    const tokens = this.encode(text);
    invariant(tokens.length === 1, `${JSON.stringify(text)} is ${tokens.length} tokens, expected one`);
    return present(tokens[0], "the token");
  }

  decode(tokens: readonly TokenId[]): string {
    const bytes: number[] = [];
    for (const token of tokens) {
      const text = present(this.#tokens[token], `token ${token}`);
      const spelled = [...text].map((character) => this.#byteOf.get(character));
      // A special token's name is text of its own, not bytes in the alphabet.
      if (this.#types[token] === NORMAL_TOKEN && spelled.every((byte) => byte !== undefined))
        bytes.push(...spelled);
      else bytes.push(...this.#encoder.encode(text));
    }
    return new TextDecoder("utf-8", { ignoreBOM: true }).decode(Uint8Array.from(bytes));
  }

  #encodeWord(word: string): readonly TokenId[] {
    const known = this.#words.get(word);
    if (known !== undefined) return known;
    const tokens = this.#merge(
      // A byte outside the vocabulary cannot be said to the model at all; it is left out.
      Array.from(this.#encoder.encode(word), (byte) => this.#byteIds[byte] ?? NO_TOKEN).filter(
        (id) => id !== NO_TOKEN,
      ),
    ).map(tokenId);
    if (this.#words.size >= CACHED_WORDS) this.#words.clear();
    this.#words.set(word, tokens);
    return tokens;
  }

  /** Merges the pair of lowest rank, everywhere it stands, until no pair is known. */
  #merge(ids: number[]): number[] {
    let parts = ids;
    while (parts.length > 1) {
      let best = Number.POSITIVE_INFINITY;
      let bestPair = -1;
      for (let i = 0; i + 1 < parts.length; i++) {
        const pair = (parts[i] as number) * this.size + (parts[i + 1] as number);
        const rank = this.#ranks.get(pair);
        if (rank !== undefined && rank < best) {
          best = rank;
          bestPair = pair;
        }
      }
      if (bestPair < 0) break;
      const whole = present(this.#merged[best], `merge ${best}`);
      const next: number[] = [];
      for (let i = 0; i < parts.length; i++) {
        const left = parts[i] as number;
        const right = parts[i + 1];
        if (right !== undefined && left * this.size + right === bestPair) {
          next.push(whole);
          i++;
        } else next.push(left);
      }
      parts = next;
    }
    return parts;
  }
}
