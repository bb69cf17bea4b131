/** @file A GGUF's own tokenizer: byte-level BPE or SentencePiece's BPE, by what the file says of itself. */
import type { TokenId } from "../core/ids.ts";
import { invariant, present } from "../core/invariant.ts";
import { BytePairTokenizer } from "./byte-pair-tokenizer.ts";
import type { GgufFile } from "./gguf.ts";
import { MetadataReader } from "./metadata-reader.ts";
import { PieceTokenizer } from "./piece-tokenizer.ts";
import { quoted } from "./quoted.ts";
import { readVocabulary, type Vocabulary } from "./vocabulary.ts";

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

/** What the kinds of tokenizer do apart from {@link Tokenizer.single}. */
type Encoding = Omit<Tokenizer, "single">;

const KINDS: ReadonlyMap<string, new (read: MetadataReader, vocabulary: Vocabulary) => Encoding> = new Map<
  string,
  new (
    read: MetadataReader,
    vocabulary: Vocabulary,
  ) => Encoding
>([
  ["gpt2", BytePairTokenizer],
  ["llama", PieceTokenizer],
]);

/**
 * Reads the vocabulary. Throws a FailureError: `model-unsupported` for another tokenizer (named), `file-invalid` where vocabulary,
 * merges or scores, special ids and token embedding do not fit together.
 */
export function readTokenizer(file: GgufFile): Tokenizer {
  const read = new MetadataReader(file);
  const model = read.text("tokenizer.ggml.model");
  const Kind = KINDS.get(model);
  if (Kind === undefined)
    throw read.unsupported(
      `tokenizer.ggml.model is ${quoted(model)}`,
      "only gpt2 (byte-level BPE) and llama (SentencePiece) are read: take a model with one of these",
    );
  const encoding = new Kind(read, readVocabulary(read));
  return {
    size: encoding.size,
    encode: (text) => encoding.encode(text),
    decode: (tokens) => encoding.decode(tokens),
    single(text) {
      const tokens = encoding.encode(text);
      invariant(tokens.length === 1, `${JSON.stringify(text)} is ${tokens.length} tokens, expected one`);
      return present(tokens[0], "the token");
    },
  };
}
