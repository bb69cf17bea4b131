import { describe, expect, test } from "vitest";
import { readCatalogue, readUntitledCatalogue, withTitles } from "./catalogue.ts";
import { readItemsFile } from "./items-file.ts";

const utf8 = (text: string) => new TextEncoder().encode(text);
const latin1 = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));

const HEAD = "item_id:token\tmovie_title:token_seq\trelease_year:token\tclass:token_seq";
/** Made-up films in the form of RecBole's file. */
const TABBED = [
  HEAD,
  "1\tNight Train, The\t1987\tComedy Sci-Fi",
  "4\tÉté à Lyon, L'\t1990\tFilm-Noir",
  "267\tunkonwn\tunkonwn\tunknown",
  "12\tOcean Night III: The Return (1995)\tV\tAnimation Children's",
  "",
].join("\n");
const flags = (...ones: number[]) =>
  Array.from({ length: 19 }, (_, i) => (ones.includes(i) ? 1 : 0)).join("|");
/** The same films in the form of u.item. */
const BARRED = [
  `1|Night Train, The (1987)|01-Jan-1987||http://example.org/?Night%20Train|${flags(5, 15)}`,
  `4|Été à Lyon, L' (1990) |01-Jan-1990|||${flags(10)}`,
  `267|unknown||||${flags(0)}`,
  `12|Ocean Night III: The Return (1995) (V)|01-Jan-1995|||${flags(3, 4)}`,
  "",
].join("\n");
const FILMS = [
  [1, { title: "The Night Train", year: 1987, genres: ["Comedy", "Sci-Fi"] }],
  [4, { title: "L'Été à Lyon", year: 1990, genres: ["Film-Noir"] }],
  [267, { title: "unknown", year: null, genres: [] }],
  [12, { title: "Ocean Night III: The Return", year: 1995, genres: ["Animation", "Children's"] }],
];

test.for<[string, Uint8Array]>([
  ["RecBole's file", utf8(TABBED)],
  ["RecBole's file with carriage returns", utf8(TABBED.replaceAll("\n", "\r\n"))],
  ["u.item in Latin-1", latin1(BARRED)],
  ["u.item turned into UTF-8", utf8(BARRED)],
])("%s gives titles as training writes them", ([, bytes]) => {
  expect([...readItemsFile(bytes, "f").texts]).toEqual(FILMS);
});

describe("refused:", () => {
  test.for<[string, Uint8Array, RegExp]>([
    ["an empty file", utf8(""), /first line is neither/],
    ["a table of something else", utf8("user_id:token\tage:token\n1\t24"), /first line is neither/],
    ["no genres", utf8("item_id:token\tmovie_title:token_seq\trelease_year:token"), /first line is neither/],
    ["a row too short", utf8(`${HEAD}\n1\tA\t1990`), /line 2 is no film/],
    ["an id that is no number", utf8(`${HEAD}\n1e3\tA\t1990\tDrama`), /line 2 is no film/],
    ["an empty title", utf8(`${HEAD}\n1\t \t1990\tDrama`), /line 2 is no film/],
    ["an endless title", utf8(`${HEAD}\n1\t${"a".repeat(501)}\t1990\tDrama`), /line 2 is no film/],
    ["a film twice", utf8(`${HEAD}\n1\tA\t1990\tWar\n1\tB\t1990\tWar`), /line 3 gives film 1 a second time/],
    ["a later line of u.item cut off", latin1(`${BARRED}9|Cut (1990)|`), /line 5 is no film/],
    ["random bytes", Uint8Array.from({ length: 400 }, (_, i) => (i * 97) % 256), /first line is neither/],
  ])("%s", ([, bytes, reason]) => {
    expect(() => readItemsFile(bytes, "my.item")).toThrow(
      expect.objectContaining({
        failure: { kind: "file-invalid", file: "my.item", reason: expect.stringMatching(reason) },
      }),
    );
  });
});

describe("a catalogue without titles", () => {
  const rows = [
    { id: 0, movieId: 4, popularity: 9 },
    { id: 1, movieId: 1, popularity: 0 },
  ];
  const bytes = (items: object[], version = 2) =>
    utf8(JSON.stringify({ schema: `becausal-catalogue/${version}`, items }));

  test("takes them from the user's file by MovieLens id", () => {
    const films = withTitles(
      readUntitledCatalogue(bytes(rows), "c.json", 2),
      readItemsFile(utf8(TABBED), "my.item"),
    );
    expect(films).toEqual([
      { id: 0, movieId: 4, popularity: 9, title: "L'Été à Lyon", year: 1990, genres: ["Film-Noir"] },
      {
        id: 1,
        movieId: 1,
        popularity: 0,
        title: "The Night Train",
        year: 1987,
        genres: ["Comedy", "Sci-Fi"],
      },
    ]);
  });

  test("names the film that the user's file lacks", () => {
    const films = readUntitledCatalogue(bytes([{ ...rows[0], movieId: 5 }]), "c.json", 1);
    expect(() => withTitles(films, readItemsFile(utf8(TABBED), "my.item"))).toThrow(
      /my\.item cannot be read: it has no film of id 5/,
    );
  });

  test("is not one with titles, nor the other way round", () => {
    expect(() => readUntitledCatalogue(bytes(rows, 1), "c.json", 2)).toThrow(/schema: /);
    expect(() => readCatalogue(bytes(rows), "c.json", 2)).toThrow(/schema: /);
    expect(() => readUntitledCatalogue(bytes([{ ...rows[0], title: "A" }]), "c.json", 1)).toThrow(/title/);
    expect(() => readUntitledCatalogue(bytes(rows), "c.json", 3)).toThrow(
      /2 films where the manifest says 3/,
    );
    expect(() => readUntitledCatalogue(bytes(rows.toReversed()), "c.json", 2)).toThrow(
      /an id is not its row/,
    );
  });
});
