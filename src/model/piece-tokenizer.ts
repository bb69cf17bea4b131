import { type TokenId, tokenId } from "../core/ids.ts";
import { present } from "../core/invariant.ts";
import type { MetadataReader } from "./metadata-reader.ts";
import { BYTE_TOKEN, NORMAL_TOKEN, UNKNOWN_TOKEN, type Vocabulary } from "./vocabulary.ts";

const SPACE = "▁";

/**
 * SentencePiece's BPE with scores: of all neighbours that join to a token, the pair of highest score joins first, the leftmost among
 * equals (Kudo and Richardson 2018). Characters without a token become bytes. Text never becomes a special token.
 */
export class PieceTokenizer {
  readonly size: number;
  readonly #tokens: readonly string[];
  readonly #types: readonly number[];
  readonly #scores: readonly number[];
  readonly #ids = new Map<string, number>();
  /** Token of each byte that has one. */
  readonly #byteIds = new Map<number, number>();
  readonly #byteOf = new Map<number, number>();
  readonly #unknown: number | null;
  readonly #addsSpace: boolean;
  readonly #encoder = new TextEncoder();

  /** Reads the scores. Throws `file-invalid` where they do not fit the tokens. */
  constructor(read: MetadataReader, { tokens, types }: Vocabulary) {
    const key = "tokenizer.ggml.scores";
    const scores = read.numbers(key);
    if (scores.length !== tokens.length)
      throw read.invalid(
        `tokenizer.ggml.tokens has ${tokens.length} tokens and ${key} ${scores.length} scores`,
      );
    const wrong = scores.findIndex((score) => !Number.isFinite(score));
    if (wrong >= 0) throw read.invalid(`${key}: the score of token ${wrong} is ${scores[wrong]}`);
    const spaceKey = "tokenizer.ggml.add_space_prefix";
    this.#addsSpace = !read.has(spaceKey) || read.flag(spaceKey);
    for (const [id, token] of tokens.entries()) {
      if (types[id] === NORMAL_TOKEN) this.#ids.set(token, id);
      if (types[id] !== BYTE_TOKEN) continue;
      const byte = /^<0x([0-9A-Fa-f]{2})>$/.exec(token)?.[1];
      if (byte === undefined)
        throw read.invalid(`tokenizer.ggml.tokens: byte token ${id} is not written as <0x00> to <0xFF>`);
      this.#byteIds.set(Number.parseInt(byte, 16), id);
      this.#byteOf.set(id, Number.parseInt(byte, 16));
    }
    if (this.#ids.size === 0) throw read.invalid("tokenizer.ggml.tokens has no token that text can become");
    const unknown = types.indexOf(UNKNOWN_TOKEN);
    this.#unknown = unknown < 0 ? null : unknown;
    this.size = tokens.length;
    this.#tokens = tokens;
    this.#types = types;
    this.#scores = scores;
  }

  encode(text: string): TokenId[] {
    if (text === "") return [];
    const spelled = `${this.#addsSpace ? " " : ""}${text}`.replaceAll(" ", SPACE);
    return this.#join([...spelled])
      .flatMap((piece) => {
        const id = this.#ids.get(piece);
        return id === undefined ? this.#bytesOf(piece) : [id];
      })
      .map(tokenId);
  }

  decode(tokens: readonly TokenId[]): string {
    const bytes: number[] = [];
    for (const token of tokens) {
      const byte = this.#byteOf.get(token);
      const text = present(this.#tokens[token], `token ${token}`);
      const isText = this.#types[token] === NORMAL_TOKEN;
      if (byte !== undefined) bytes.push(byte);
      else bytes.push(...this.#encoder.encode(isText ? text.replaceAll(SPACE, " ") : text));
    }
    return new TextDecoder("utf-8", { ignoreBOM: true }).decode(Uint8Array.from(bytes));
  }

  #bytesOf(piece: string): number[] {
    const ids: number[] = [];
    for (const byte of this.#encoder.encode(piece)) {
      const id = this.#byteIds.get(byte) ?? this.#unknown;
      if (id !== null) ids.push(id);
    }
    return ids;
  }

  /** Joins neighbours until none are a token together; n log n in the characters. */
  #join(pieces: readonly string[]): string[] {
    // A linked list of pieces: a joined one keeps its left place, its right place becomes empty.
    const texts = [...pieces];
    const next = texts.map((_, i) => i + 1);
    const previous = texts.map((_, i) => i - 1);
    const queue = new PairQueue();
    const consider = (left: number) => {
      const right = next[left] ?? texts.length;
      if (left < 0 || right >= texts.length) return;
      const whole = `${texts[left]}${texts[right]}`;
      const id = this.#ids.get(whole);
      if (id !== undefined) queue.push({ score: this.#scores[id] ?? 0, left, right, whole });
    };
    for (let i = 0; i + 1 < texts.length; i++) consider(i);
    for (let pair = queue.pop(); pair !== undefined; pair = queue.pop()) {
      const { left, right, whole } = pair;
      // Either side has been joined to another since.
      if (next[left] !== right || texts[right] === "" || `${texts[left]}${texts[right]}` !== whole) continue;
      texts[left] = whole;
      texts[right] = "";
      const after = next[right] ?? texts.length;
      next[left] = after;
      if (after < texts.length) previous[after] = left;
      consider(previous[left] ?? -1);
      consider(left);
    }
    return texts.filter((text) => text !== "");
  }
}

interface Pair {
  readonly score: number;
  /** Places of the two pieces. */
  readonly left: number;
  readonly right: number;
  /** What they join to. */
  readonly whole: string;
}

/** A binary heap: the highest score first, the leftmost among equals. */
class PairQueue {
  readonly #heap: Pair[] = [];

  push(pair: Pair): void {
    let at = this.#heap.length;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = this.#at(parent);
      if (!isBefore(pair, above)) break;
      this.#heap[at] = above;
      at = parent;
    }
    this.#heap[at] = pair;
  }

  pop(): Pair | undefined {
    const first = this.#heap[0];
    const last = this.#heap.pop();
    if (last === undefined || this.#heap.length === 0) return first;
    let at = 0;
    for (let child = 1; child < this.#heap.length; child = 2 * at + 1) {
      if (child + 1 < this.#heap.length && isBefore(this.#at(child + 1), this.#at(child))) child++;
      if (!isBefore(this.#at(child), last)) break;
      this.#heap[at] = this.#at(child);
      at = child;
    }
    this.#heap[at] = last;
    return first;
  }

  #at(index: number): Pair {
    return present(this.#heap[index], "a pair of the queue");
  }
}

function isBefore(a: Pair, b: Pair): boolean {
  return a.score > b.score || (a.score === b.score && a.left < b.left);
}
