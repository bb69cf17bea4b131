import { type TokenId, tokenId } from "../core/ids.ts";
import { present } from "../core/invariant.ts";
import type { MetadataReader } from "./metadata-reader.ts";
import { quoted } from "./quoted.ts";
import { WORD_SPLITTERS, type WordSplitter } from "./split-words.ts";
import { NORMAL_TOKEN, type Vocabulary } from "./vocabulary.ts";

/** The printable character that stands for each of the 256 bytes in the vocabulary (GPT-2's table). */
export function byteAlphabet(): string[] {
  let spare = 256;
  return Array.from({ length: 256 }, (_, byte) => {
    const isPrintable = (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte !== 0xad);
    return String.fromCharCode(isPrintable ? byte : spare++);
  });
}

const ALPHABET: readonly string[] = byteAlphabet();
const NO_TOKEN = -1;
const CACHED_WORDS = 65_536;

/** Byte-level BPE with a vocabulary's own merges. Text never becomes a special token. */
export class BytePairTokenizer {
  readonly size: number;
  readonly #tokens: readonly string[];
  readonly #types: readonly number[];
  readonly #splitter: WordSplitter;
  /** Every token that text can become, by its spelling. */
  readonly #ids: ReadonlyMap<string, number>;
  /** [256] token of each byte, or NO_TOKEN where the vocabulary lacks it. */
  readonly #byteIds: readonly number[];
  /** left * size + right -> rank. */
  readonly #ranks: ReadonlyMap<number, number>;
  /** [merges] token a merge makes. */
  readonly #merged: Int32Array;
  readonly #byteOf = new Map(ALPHABET.map((character, byte) => [character, byte]));
  readonly #encoder = new TextEncoder();
  readonly #words = new Map<string, readonly TokenId[]>();

  /** Reads pre-tokenizer and merges. Throws `model-unsupported` for an unknown pre-tokenizer, `file-invalid` for wrong merges. */
  constructor(read: MetadataReader, { tokens, types }: Vocabulary) {
    const pre = read.text("tokenizer.ggml.pre");
    const splitter = WORD_SPLITTERS.get(pre);
    if (splitter === undefined)
      throw read.unsupported(
        `tokenizer.ggml.pre is ${quoted(pre)}`,
        `known are ${[...WORD_SPLITTERS.keys()].join(", ")}: take a model with one of these`,
      );
    // Special tokens are left out, so that no text can reach one.
    const ids = new Map<string, number>();
    for (const [id, token] of tokens.entries()) if (types[id] === NORMAL_TOKEN) ids.set(token, id);
    this.#byteIds = ALPHABET.map((character) => ids.get(character) ?? NO_TOKEN);
    if (this.#byteIds.every((id) => id === NO_TOKEN))
      throw read.invalid("tokenizer.ggml.tokens has no token for any byte");

    const merges = read.texts("tokenizer.ggml.merges");
    const ranks = new Map<number, number>();
    const merged = new Int32Array(merges.length);
    for (const [rank, merge] of merges.entries()) {
      const space = merge.indexOf(" ", 1);
      const left = ids.get(merge.slice(0, space));
      const right = ids.get(merge.slice(space + 1));
      const whole = ids.get(merge.slice(0, space) + merge.slice(space + 1));
      const isPair = space > 0 && space + 1 < merge.length;
      if (!isPair || left === undefined || right === undefined || whole === undefined)
        throw read.invalid(`tokenizer.ggml.merges: merge ${rank}, ${quoted(merge)}, is not of known tokens`);
      const pair = left * tokens.length + right;
      if (!ranks.has(pair)) ranks.set(pair, rank);
      merged[rank] = whole;
    }
    this.size = tokens.length;
    this.#tokens = tokens;
    this.#types = types;
    this.#splitter = splitter;
    this.#ids = ids;
    this.#ranks = ranks;
    this.#merged = merged;
  }

  encode(text: string): TokenId[] {
    const out: TokenId[] = [];
    for (const word of this.#splitter.split(text))
      for (const token of this.#encodeWord(word)) out.push(token);
    return out;
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
    const whole = this.#splitter.keepsWholeTokens ? this.#ids.get(this.#spell(word)) : undefined;
    const tokens = (whole === undefined ? this.#merge(this.#bytesOf(word)) : [whole]).map(tokenId);
    if (this.#words.size >= CACHED_WORDS) this.#words.clear();
    this.#words.set(word, tokens);
    return tokens;
  }

  #bytesOf(word: string): number[] {
    // A byte outside the vocabulary cannot be said to the model at all; it is left out.
    return Array.from(this.#encoder.encode(word), (byte) => this.#byteIds[byte] ?? NO_TOKEN).filter(
      (id) => id !== NO_TOKEN,
    );
  }

  #spell(word: string): string {
    return Array.from(this.#encoder.encode(word), (byte) => ALPHABET[byte] ?? "").join("");
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
