import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { readBaseManifest } from "./base-manifest.ts";
import { readCatalogue } from "./catalogue.ts";
import { tinyBaseManifest, tinyCatalogue, tinyPackManifest } from "./fixtures/tiny-files.ts";
import { readPackManifest } from "./pack-manifest.ts";

const bytes = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
const invalid = (reason: RegExp) =>
  expect.objectContaining({
    failure: { kind: "file-invalid", file: "f.json", reason: expect.stringMatching(reason) },
  });

test("the committed base's manifest is read", () => {
  const path = new URL("../../public/models/smollm2-135m-instruct-12l/manifest.json", import.meta.url);
  expect(readBaseManifest(readFileSync(path), "f.json")).toMatchObject({
    layers: 12,
    byteLength: 46_070_400,
  });
});

describe("a base's manifest is refused where", () => {
  const part = tinyBaseManifest().parts[0]!;
  test.for<[string, object, RegExp]>([
    ["its schema is another", { schema: "becausal-base/2" }, /^schema: /],
    ["a hash is short", { sha256: "abc" }, /^sha256: expected 64/],
    ["a part leaves the folder", { parts: [{ ...part, path: "../x" }] }, /^parts\.0\.path: expected a plain/],
    ["a part is another server's", { parts: [{ ...part, path: "https://x" }] }, /^parts\.0\.path/],
    ["a part is over 20 MiB", { parts: [{ ...part, byteLength: 2 ** 25 }] }, /^parts\.0\.byteLength/],
    ["there are no parts", { parts: [] }, /^parts: /],
    ["the parts do not add up", { byteLength: 17 }, /do not add up/],
    ["a length is no number", { byteLength: "17" }, /^byteLength/],
  ])("%s", ([, over, reason]) => {
    const read = () => readBaseManifest(bytes({ ...tinyBaseManifest(), ...over }), "f.json");
    expect(read).toThrow(invalid(reason));
  });
  test("it is not JSON", () => {
    expect(() => readBaseManifest(new TextEncoder().encode("<!doctype html>"), "f.json")).toThrow(
      invalid(/not JSON/),
    );
  });
});

test("a pack's manifest is read, fields it does not know left aside", () => {
  const read = readPackManifest(bytes({ ...tinyPackManifest(), later: 1 }), "f.json");
  expect(read).toEqual(tinyPackManifest());
});

describe("a pack's manifest is refused where", () => {
  const good = tinyPackManifest();
  test.for<[string, object, RegExp]>([
    ["its schema is another", { schema: "becausal-pack/3" }, /^schema: /],
    [
      "its titles are neither here nor needed",
      { catalogue: { ...good.catalogue, titles: "elsewhere" } },
      /^catalogue\.titles: /,
    ],
    ["its template is unknown", { prompt: { ...good.prompt, template: "x" } }, /^prompt\.template: /],
    ["its year rule is unknown", { prompt: { ...good.prompt, year: "never" } }, /^prompt\.year: /],
    ["ranks do not divide among experts", { adapter: { ...good.adapter, experts: 3 } }, /adapter\.experts/],
    ["heads do not divide the width", { sasrec: { ...good.sasrec, heads: 3 } }, /sasrec\.heads/],
    ["it counts its films twice", { sasrec: { ...good.sasrec, items: 4 } }, /catalogue\.items differ/],
    ["its weights are elsewhere", { adapter: { ...good.adapter, file: "a/b" } }, /^adapter\.file: /],
    ["the probe lacks an answer", { probe: { ...good.probe, verdictLogOdds: [1] } }, /differ in length/],
    ["the probe names no film", { probe: { ...good.probe, history: [3] } }, /beyond the catalogue/],
    ["the probe tolerates nothing", { probe: { ...good.probe, tolerance: 0 } }, /^probe\.tolerance/],
    ["beta is no number", { fusion: { ...good.fusion, beta: null } }, /^fusion\.beta/],
    ["a metric is no fraction", { metrics: [{ ...good.metrics[0], high: 43 }] }, /^metrics\.0\.high/],
  ])("%s", ([, over, reason]) => {
    expect(() => readPackManifest(bytes({ ...good, ...over }), "f.json")).toThrow(invalid(reason));
  });
});

describe("a catalogue", () => {
  const good = tinyCatalogue();
  const withFirst = (over: object) => ({
    ...good,
    items: [{ ...good.items[0], ...over }, ...good.items.slice(1)],
  });
  test("is read in row order", () => {
    expect(readCatalogue(bytes(withFirst({ year: null })), "f.json", 3).map(({ year }) => year)).toEqual([
      null,
      1991,
      1992,
    ]);
  });
  test.for<[string, unknown, RegExp]>([
    ["an id is not its row", withFirst({ id: 1 }), /an id is not its row/],
    ["a title is empty", withFirst({ title: "" }), /^items\.0\.title/],
    ["a year is text", withFirst({ year: "1995" }), /^items\.0\.year/],
    ["popularity is negative", withFirst({ popularity: -1 }), /^items\.0\.popularity/],
    [
      "it lists fewer films than announced",
      { ...good, items: good.items.slice(1, 1).concat(good.items[0]!) },
      /1 films/,
    ],
  ])("is refused where %s", ([, document, reason]) => {
    expect(() => readCatalogue(bytes(document), "f.json", 3)).toThrow(invalid(reason));
  });
});
