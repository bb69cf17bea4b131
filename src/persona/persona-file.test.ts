import { describe, expect, test } from "vitest";
import { FailureError } from "../core/failure.ts";
import type { Override, Stance } from "./persona.ts";
import { MAX_PERSONA_FILE_BYTES, readPersonaFile, writePersonaFile } from "./persona-file.ts";

const sha256 = "ab".repeat(32);
const space = { catalogueSha256: sha256, directions: new Set(["genre-horror", "era-1980", "axis-new"]) };
const decided: Override = { state: "for", by: "set" };
const stance: Stance = {
  direction: {
    id: "genre-horror",
    name: { en: "Horror", ja: "ホラー" },
    definition: { en: "-", ja: "-" },
    phrase: "horror",
    kind: "binary",
  },
  state: "for",
  inferred: "neutral",
  override: decided,
  probability: 0.6,
  value: 0.2,
  deviation: 0.7,
  support: [],
};
const record = {
  catalogueSha256: sha256,
  overrides: new Map<string, Override>([
    ["genre-horror", decided],
    ["axis-new", { state: "against", by: "locked" }],
  ]),
  opinions: { liked: [1214, 541], disliked: [597] },
  stances: [stance],
};
const text = writePersonaFile(record);
const read = (source: string) => readPersonaFile(new TextEncoder().encode(source), "persona.json", space);
/** The file with parts of it replaced. */
const changed = (parts: object) => JSON.stringify({ ...JSON.parse(text), ...parts });
const refusal = (source: string) => {
  try {
    read(source);
  } catch (thrown) {
    if (thrown instanceof FailureError && thrown.failure.kind === "file-invalid") return thrown.failure;
    throw thrown;
  }
  throw new Error("the file was read");
};

test("a persona that was written is read back: decisions and the ratings behind it", () => {
  expect(read(text)).toEqual({
    overrides: record.overrides,
    opinions: record.opinions,
    unusable: [],
    isOfCatalogue: true,
  });
});

test("it records where every direction stood", () => {
  expect(JSON.parse(text).stances).toEqual([
    {
      direction: "genre-horror",
      state: "for",
      inferred: "neutral",
      probability: 0.6,
      value: 0.2,
      deviation: 0.7,
    },
  ]);
});

describe("what is no persona is refused, and says what is wrong with it", () => {
  test.for([
    ["no JSON", "{", "not JSON"],
    ["no text", "\u0000\u0001", "not JSON"],
    ["a list", "[]", "schema"],
    ["nothing", "null", "the document"],
    ["another version", changed({ schema: "becausal-persona/2" }), "schema"],
    ["another kind of file", changed({ schema: "becausal-history/1" }), "schema"],
    ["no hash", changed({ catalogueSha256: "abc" }), "catalogueSha256"],
    ["decisions as an object", changed({ decisions: { "genre-horror": "for" } }), "decisions"],
    ["ratings of no film", changed({ opinions: { liked: ["Alien"], disliked: [] } }), "opinions.liked.0"],
    ["no ratings", changed({ opinions: null }), "opinions"],
    ["a figure that is none", changed({ stances: [{ direction: "x", state: "for" }] }), "stances.0"],
    ["endless decisions", changed({ decisions: Array(1001).fill(null) }), "decisions"],
  ] as const)("%s", ([_, source, where]) => {
    const failure = refusal(source);
    expect(failure.file).toBe("persona.json");
    expect(failure.reason).toContain(where);
  });

  test("a huge file, unread", () => {
    expect(refusal(`${" ".repeat(MAX_PERSONA_FILE_BYTES)}${text}`).reason).toMatch(/^it has \d+ bytes$/);
  });

  test("bytes that are not UTF-8", () => {
    expect(() => readPersonaFile(Uint8Array.of(0xff, 0xfe, 0x7b), "p", space)).toThrow(FailureError);
  });
});

test("single decisions that cannot be used are named, and cost no other", () => {
  const good = { direction: "era-1980", state: "neutral", by: "set" };
  const { overrides, unusable } = read(
    changed({
      decisions: [
        { direction: "genre-opera", state: "for", by: "set" },
        good,
        { direction: "era-1980", state: "for", by: "set" },
        { direction: "axis-new", state: "maybe", by: "set" },
        { direction: "axis-new", state: "for", by: 7 },
        null,
        "genre-horror",
        { direction: "<b>Horror</b>", state: "for", by: "set" },
      ],
    }),
  );
  expect([...overrides]).toEqual([["era-1980", { state: "neutral", by: "set" }]]);
  expect(unusable).toEqual([
    { name: "genre-opera", reason: "unknown" },
    { name: "era-1980", reason: "twice" },
    ...["4", "5", "6", "7", "8"].map((name) => ({ name, reason: "malformed" })),
  ]);
});

test("keys of prototypes are no directions and change none", () => {
  const decisions = ["__proto__", "constructor", "toString"].map((direction) => ({
    direction,
    state: "for",
    by: "set",
  }));
  const hostile = changed({ decisions }).replace(/\}$/, ',"__proto__":{"polluted":true}}');
  const { overrides, unusable } = read(hostile);
  expect(overrides.size).toBe(0);
  expect(unusable).toHaveLength(3);
  expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
});

test("a file of another catalogue is read, and said to be one", () => {
  expect(read(changed({ catalogueSha256: "cd".repeat(32) })).isOfCatalogue).toBe(false);
});
