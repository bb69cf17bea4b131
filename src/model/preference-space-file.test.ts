import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { FailureError } from "../core/failure.ts";
import { itemId } from "../core/ids.ts";
import { inferPersona } from "../persona/persona.ts";
import { tasteFixture } from "../persona/taste-fixture.ts";
import { readCatalogue } from "./catalogue.ts";
import { readPackManifest } from "./pack-manifest.ts";
import { PREFERENCE_SPACE_FILE, readPreferenceSpace } from "./preference-space-file.ts";

const pack = new URL("../../public/packs/movies/", import.meta.url);
const bytes = readFileSync(new URL(PREFERENCE_SPACE_FILE, pack));
const manifest = readPackManifest(readFileSync(new URL("manifest.json", pack)), "manifest.json");
const films = readCatalogue(
  readFileSync(new URL("catalogue.json", pack)),
  "catalogue.json",
  manifest.catalogue.items,
);
const catalogue = { sha256: manifest.catalogue.sha256, films };
const space = readPreferenceSpace(bytes, PREFERENCE_SPACE_FILE, catalogue);

/** What a film is on a direction. */
function valueOn(title: string, year: number, id: string): number {
  const film = films.findIndex((each) => each.title === title && each.year === year);
  const d = space.directions.findIndex((each) => each.id === id);
  return space.attributes[film * space.directions.length + d] ?? Number.NaN;
}

test("the committed space has about 48 directions, named and defined in both languages, in less than 120 kB", () => {
  expect(space.directions.length).toBeGreaterThanOrEqual(44);
  expect(space.directions.length).toBeLessThanOrEqual(50);
  expect(bytes.byteLength).toBeLessThan(120_000);
  for (const { name, definition } of space.directions) {
    expect(`${name.ja}${definition.ja}`).toMatch(/[\u3040-\u30ff\u4e00-\u9fff]/);
    expect(definition.en).toMatch(/^[A-Z].*\.$/);
  }
});

test.for([
  ["Alien", 1979, "genre-horror", 1],
  ["Alien", 1979, "genre-western", 0],
  ["Alien", 1979, "era-1970", 1],
  ["Casablanca", 1942, "era-before-1960", 1],
  ["Casablanca", 1942, "kind-classic", 1],
  ["Toy Story 2", 1999, "kind-sequel", 1],
  ["Toy Story", 1995, "kind-sequel", 0],
  ["Toy Story", 1995, "kind-series", 1],
  ["Toy Story", 1995, "axis-mainstream", 1],
] as const)("%s (%i) is %s: %i", ([title, year, id, expected]) => {
  expect(valueOn(title, year, id)).toBe(expected);
});

test("quantiles are ordered", () => {
  expect(valueOn("Casablanca", 1942, "axis-new")).toBeLessThan(valueOn("Alien", 1979, "axis-new"));
  expect(valueOn("Alien", 1979, "axis-new")).toBeLessThan(valueOn("Inception", 2010, "axis-new"));
});

test("genres of the space are the catalogue's", () => {
  const wanted = new Map([
    ["genre-horror", "Horror"],
    ["genre-sci-fi", "Sci-Fi"],
    ["genre-comedy", "Comedy"],
  ]);
  for (const [d, { id }] of space.directions.entries()) {
    const genre = wanted.get(id);
    if (genre === undefined) continue;
    for (const film of films)
      expect(space.attributes[film.id * space.directions.length + d]).toBe(
        film.genres.includes(genre) ? 1 : 0,
      );
  }
});

test.for(tasteFixture().cases.map((each, index) => [index, each] as const))(
  "case %i: mode and deviation are those of training to 1e-6",
  ([, { liked, disliked, pairs, mode, deviation }]) => {
    const { stances, taste } = inferPersona(space, {
      liked: liked.map(itemId),
      disliked: disliked.map(itemId),
      pairs: pairs.map(([preferred, other]) => ({ preferred: itemId(preferred), other: itemId(other) })),
    });
    for (const [d, stance] of stances.entries()) {
      expect(Math.abs(taste[d]! - mode[d]!)).toBeLessThan(1e-6);
      expect(Math.abs(stance.deviation - deviation[d]!)).toBeLessThan(1e-6);
    }
  },
);

describe("a damaged file is refused by name", () => {
  // biome-ignore lint/suspicious/noExplicitAny: the damage goes anywhere
  const damaged = (change: (document: any) => void): Uint8Array => {
    const document = JSON.parse(new TextDecoder().decode(bytes));
    change(document);
    return new TextEncoder().encode(JSON.stringify(document));
  };
  test.for([
    [
      "another catalogue",
      (d) => {
        d.catalogueSha256 = "0".repeat(64);
      },
      /another catalogue/,
    ],
    [
      "another number of films",
      (d) => {
        d.items = 3;
      },
      /another catalogue/,
    ],
    [
      "values cut short",
      (d) => {
        d.directions[0].valuesB64 = "AAAA";
      },
      /values of genre-action/,
    ],
    [
      "values that are no base64",
      (d) => {
        d.directions[1].valuesB64 = "ab*=";
      },
      /base64/,
    ],
    [
      "a base64 of impossible length",
      (d) => {
        d.directions[1].valuesB64 = "A";
      },
      /values of genre-adventure/,
    ],
    [
      "two directions of one id",
      (d) => {
        d.directions[1].id = d.directions[0].id;
      },
      /share an id/,
    ],
    [
      "no direction",
      (d) => {
        d.directions = [];
      },
      /directions/,
    ],
    [
      "an unknown kind",
      (d) => {
        d.directions[0].kind = "ternary";
      },
      /kind/,
    ],
    [
      "a covariance that is none",
      (d) => {
        d.prior.covarianceB64 = btoa("\0".repeat(4 * 1081));
      },
      /positive definite/,
    ],
    [
      "a mean that is not finite",
      (d) => {
        d.prior.meanB64 = btoa("\xff".repeat(4 * 46));
      },
      /not finite/,
    ],
    [
      "another version",
      (d) => {
        d.schema = "becausal-preference-space/2";
      },
      /schema/,
    ],
    // biome-ignore lint/suspicious/noExplicitAny: as above
  ] as [string, (document: any) => void, RegExp][])("%s", ([, change, reason]) => {
    const read = () => readPreferenceSpace(damaged(change), "space.json", catalogue);
    expect(read).toThrow(FailureError);
    expect(read).toThrow(reason);
  });
});
