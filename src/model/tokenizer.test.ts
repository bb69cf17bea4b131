import { describe, expect, test } from "vitest";
import { FailureError } from "../core/failure.ts";
import { tokenId } from "../core/ids.ts";
import { embeddedBase } from "./fixtures/embedded-base.ts";
import { type Entry, ggufBytes } from "./fixtures/gguf-bytes.ts";
// Ids another runtime gives these texts with the published file's vocabulary.
import reference from "./fixtures/reference-token-ids.json" with { type: "json" };
import { TINY_SPECIAL, TINY_TOKENS, tinyLlama } from "./fixtures/tiny-llama.ts";
import { readGguf } from "./gguf.ts";
import { WORD_SPLITTERS } from "./split-words.ts";
import { readTokenizer } from "./tokenizer.ts";

describe("words", () => {
  test.for<[string, string[]]>([
    ["", []],
    ["Toy Story (1995)", ["Toy", " Story", " (", "1", "9", "9", "5", ")"]],
    ["I'll see 'em, it's", ["I", "'ll", " see", " '", "em", ",", " it", "'s"]],
    ["a  b", ["a", " ", " b"]],
    ["a  1", ["a", "  ", "1"]],
    ["a \n b  ", ["a", " \n", " b", "  "]],
    ["½２Ⅷx", ["½", "２", "Ⅷ", "x"]],
    ["映画が好き。", ["映画が好き", "。"]],
    ["a\u0085\ufeffb", ["a", "\u0085", "\ufeff", "b"]],
  ])("of %j", ([text, words]) => {
    const split = WORD_SPLITTERS.get("smollm")!.split(text);
    expect(split).toEqual(words);
    expect(split.join("")).toBe(text);
  });
});

describe("words of other pre-tokenizers", () => {
  test.for<[string, string, string[]]>([
    ["gpt-2", "in 1995, it's", ["in", " 1995", ",", " it", "'s"]],
    ["gpt-2", "a \n b  ", ["a", " \n", " b", "  "]],
    ["llama-bpe", "in 12345, IT'S", ["in", " ", "123", "45", ",", " IT", "'S"]],
    ["llama-bpe", "(watched)!\r\n\r\n  x", ["(watched", ")!\r\n\r\n", " ", " x"]],
  ])("%s cuts %j", ([name, text, words]) => {
    const split = WORD_SPLITTERS.get(name)!.split(text);
    expect(split).toEqual(words);
    expect(split.join("")).toBe(text);
  });
});

describe("the embedded base's tokenizer", () => {
  const tokenizer = readTokenizer(embeddedBase());

  test.for(reference)("encodes $text as the reference does", ({ text, ids }) => {
    expect(tokenizer.encode(text)).toEqual(ids);
    expect(tokenizer.decode(ids.map(tokenId))).toBe(text);
  });

  test("repeats itself for words it has seen", () => {
    expect(tokenizer.encode("Aladdin Aladdin")).toEqual(tokenizer.encode("Aladdin Aladdin"));
  });

  test.for(["<|im_start|>", "<|endoftext|>", "<repo_name>", " <|im_end|>x"])(
    "%s in a text is ordinary characters",
    (text) => {
      const tokens = tokenizer.encode(text);
      expect(Math.min(...tokens)).toBeGreaterThan(16); // the 17 special tokens come first
      expect(tokenizer.decode(tokens)).toBe(text);
    },
  );

  test("part of a character shows as one replacement mark", () => {
    const tokens = tokenizer.encode("好");
    expect(tokens.length).toBeGreaterThan(1);
    expect(tokenizer.decode(tokens.slice(0, 1))).toBe("\ufffd");
  });

  test("half a surrogate pair is encoded as a replacement mark, not thrown over", () => {
    expect(tokenizer.decode(tokenizer.encode("a\ud83c"))).toBe("a\ufffd");
  });

  test("a text that is one token has its id", () => {
    expect(tokenizer.single(" Yes")).toBe(9230);
    expect(() => tokenizer.single("映画")).toThrow(/tokens, expected one/);
  });

  test("a word of 20,000 letters is encoded and kept whole", () => {
    const word = "supercalifragilistic".repeat(1000);
    expect(tokenizer.decode(tokenizer.encode(word))).toBe(word);
  });
});

describe("a vocabulary from outside", () => {
  const read = (replaced: Readonly<Record<string, Entry | null>> = {}) =>
    readTokenizer(readGguf(tinyLlama(replaced), "tiny.gguf"));
  const id = (token: string) => TINY_TOKENS.indexOf(token);
  const list = (key: string, items: readonly string[]): Readonly<Record<string, Entry>> => ({
    [key]: { key, type: "array", of: "string", items },
  });
  const text = (key: string, value: string): Readonly<Record<string, Entry>> => ({
    [key]: { key, type: "string", value },
  });

  test("merges by rank, everywhere the pair stands", () => {
    expect(read().encode("hellhell w")).toEqual([id("hell"), id("hell"), id("Ġw")]);
    expect(read().encode("world")).toEqual([id("w"), id("or"), id("l"), id("d")]);
  });

  const special = (...tokens: string[]): Readonly<Record<string, Entry>> => ({
    "tokenizer.ggml.token_type": {
      key: "tokenizer.ggml.token_type",
      type: "array",
      of: "i32",
      items: TINY_TOKENS.map((token) => (tokens.includes(token) ? 3 : 1)),
    },
  });

  test("never reaches a special token, neither by a byte nor by a merge", () => {
    expect(read().encode(TINY_SPECIAL)).not.toContain(id(TINY_SPECIAL));
    expect(read(special("x")).encode("axb")).toEqual([id("a"), id("b")]);
    expect(() => read(special("hell"))).toThrow(/merge 2, "he ll", is not of known tokens/);
  });

  test("shows a special token by its name", () => {
    expect(read().decode([tokenId(id(TINY_SPECIAL))])).toBe(TINY_SPECIAL);
  });

  test("bytes without a token are left out", () => {
    const tokens = TINY_TOKENS.map((token) => (token === "x" ? "gone" : token));
    expect(read(list("tokenizer.ggml.tokens", tokens)).encode("axb")).toEqual([id("a"), id("b")]);
  });

  test.for<[string, Readonly<Record<string, Entry | null>>, string, RegExp]>([
    ["another tokenizer", text("tokenizer.ggml.model", "bert"), "model-unsupported", /"bert"/],
    ["another pre-tokenizer", text("tokenizer.ggml.pre", "qwen2"), "model-unsupported", /qwen2/],
    ["no merges", { "tokenizer.ggml.merges": null }, "file-invalid", /merges is missing/],
    ["a merge without a space", list("tokenizer.ggml.merges", ["hello"]), "file-invalid", /merge 0/],
    ["a merge of unknown tokens", list("tokenizer.ggml.merges", ["h zz"]), "file-invalid", /merge 0/],
    [
      "tokens that are no bytes",
      list(
        "tokenizer.ggml.tokens",
        TINY_TOKENS.map((_, i) => `t${i}`),
      ),
      "file-invalid",
      /any byte/,
    ],
    [
      "fewer tokens than rows",
      list("tokenizer.ggml.tokens", TINY_TOKENS.slice(1)),
      "file-invalid",
      /has 261 tokens and .* 262 types/,
    ],
  ])("%s is refused", ([, replaced, kind, reason]) => {
    try {
      read(replaced);
      expect.unreachable();
    } catch (thrown) {
      expect(thrown).toBeInstanceOf(FailureError);
      expect(thrown).toMatchObject({ failure: { kind, reason: expect.stringMatching(reason) } });
    }
  });
});

describe("a SentencePiece vocabulary", () => {
  const letters = ["▁", "a", "b", "c"];
  const joined = ["ab", "bc", "▁a", "abc"];
  const bytes = Array.from(
    { length: 256 },
    (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`,
  );
  const tokens = ["<unk>", "<s>", ...bytes, ...letters, ...joined];
  const types = [2, 3, ...bytes.map(() => 6), ...[...letters, ...joined].map(() => 1)];
  const key = (name: string) => `tokenizer.ggml.${name}`;

  function read(scores: readonly number[], extra: readonly Entry[] = []) {
    const entries: Entry[] = [
      { key: key("model"), type: "string", value: "llama" },
      { key: key("tokens"), type: "array", of: "string", items: tokens },
      { key: key("token_type"), type: "array", of: "i32", items: types },
      {
        key: key("scores"),
        type: "array",
        of: "f32",
        items: [...tokens.slice(joined.length).map(() => -99), ...scores],
      },
      ...extra,
    ];
    return readTokenizer(readGguf(ggufBytes({ entries }), "pieces.gguf"));
  }
  const spell = (ids: readonly number[]) => ids.map((id) => tokens[id]);

  test("joins the pair of highest score first, the leftmost among equals", () => {
    expect(spell(read([-1, -2, -3, -4]).encode("abc"))).toEqual(["▁", "abc"]);
    expect(spell(read([-3, -2, -1, -9]).encode("abc"))).toEqual(["▁a", "bc"]);
    expect(spell(read([-1, -1, -1, -9]).encode("abab"))).toEqual(["▁a", "b", "ab"]);
  });

  test("puts a space before the text unless told not to", () => {
    const bare: Entry = { key: key("add_space_prefix"), type: "bool", value: 0 };
    expect(spell(read([-1, -2, -3, -4], [bare]).encode("abc"))).toEqual(["abc"]);
    expect(read([-1, -2, -3, -4]).encode("")).toEqual([]);
  });

  test("spells other characters in bytes, and reads them back", () => {
    const tokenizer = read([-1, -2, -3, -4]);
    expect(spell(tokenizer.encode("é"))).toEqual(["▁", "<0xC3>", "<0xA9>"]);
    expect(tokenizer.decode(tokenizer.encode("é ab 映"))).toBe(" é ab 映");
  });

  test("never reaches a special token", () => {
    const ids = read([-1, -2, -3, -4]).encode("<s>");
    expect(spell(ids)).toEqual(["▁", "<0x3C>", "<0x73>", "<0x3E>"]);
  });

  test("a text of 20,000 letters is encoded and kept whole", () => {
    const text = "abcab".repeat(4000);
    const tokenizer = read([-1, -2, -3, -4]);
    expect(tokenizer.decode(tokenizer.encode(text))).toBe(` ${text}`);
  });
});
