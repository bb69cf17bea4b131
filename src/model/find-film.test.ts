import { describe, expect, test } from "vitest";
import { itemId } from "../core/ids.ts";
import { type Film, filmName } from "./film.ts";
import { fold, makeFilmFinder, similarity } from "./find-film.ts";

const catalogue: [title: string, year: number | null, popularity: number][] = [
  ["Toy Story", 1995, 240],
  ["Toy Story 2", 1999, 120],
  ["The Toy", 1982, 10],
  ["The Matrix", 1999, 250],
  ["The Matrix Reloaded", 2003, 100],
  ["Sabrina", 1995, 50],
  ["Sabrina", 1954, 40],
  ["Seven (a.k.a. Se7en)", 1995, 200],
  ["The City of Lost Children (La Cité des enfants perdus)", 1995, 60],
  ["Amélie", 2001, 90],
  ["L'Avventura", 1960, 5],
  ["The Game", 1997, 70],
  ["Game", 2003, 1],
  ["Hamlet", 2000, 3],
  ["Hamlet", 2000, 8],
  ["千と千尋の神隠し", 2001, 80],
  ["Frontière(s)", 2007, 4],
  ["Untitled", null, 2],
  ["The Lion King", 1994, 220],
  ["History of Violence", 2005, 300],
];
const films: readonly Film[] = catalogue.map(([title, year, popularity], id) => ({
  id: itemId(id),
  movieId: id,
  title,
  year,
  genres: [],
  popularity,
}));
const finder = makeFilmFinder(films);
const names = (found: readonly Film[]) => found.map(filmName);

describe("a name means", () => {
  test.for<[string, string]>([
    ["Toy Story (1995)", "Toy Story (1995)"],
    ["  toy   STORY(1995) ", "Toy Story (1995)"],
    ["Matrix, The (1999)", "The Matrix (1999)"],
    ["the matrix", "The Matrix (1999)"],
    ["Matrix", "The Matrix (1999)"],
    ["Sabrina (1954)", "Sabrina (1954)"],
    ["amelie", "Amélie (2001)"],
    ["AMÉLIE (2001)", "Amélie (2001)"],
    ["Se7en", "Seven (a.k.a. Se7en) (1995)"],
    ["Seven (1995)", "Seven (a.k.a. Se7en) (1995)"],
    [
      "City of Lost Children, The (Cité des enfants perdus, La) (1995)",
      "The City of Lost Children (La Cité des enfants perdus) (1995)",
    ],
    ["La cite des enfants perdus", "The City of Lost Children (La Cité des enfants perdus) (1995)"],
    ["Avventura, L' (1960)", "L'Avventura (1960)"],
    ["L’Avventura", "L'Avventura (1960)"],
    ["The Game", "The Game (1997)"],
    ["Game", "Game (2003)"],
    ["千と千尋の神隠し", "千と千尋の神隠し (2001)"],
    ["千と千尋の神隠し（2001）", "千と千尋の神隠し (2001)"],
    ["Untitled", "Untitled"],
  ])("%s: %s", ([name, meant]) => {
    const film = finder.exact(name);
    expect(film === null ? null : filmName(film)).toBe(meant);
  });

  test.for(["Sabrina", "Toy Story (1996)", "Toy Stroy", "", "()", "映画", "The", "(1995)"])(
    "%j: no film",
    (name) => {
      expect(finder.exact(name)).toBeNull();
    },
  );

  test("of two films with one name and year, the better known one", () => {
    expect(finder.exact("Hamlet (2000)")?.popularity).toBe(8);
  });

  test("every film is found by its own full name", () => {
    for (const film of films) expect(filmName(finder.exact(filmName(film))!)).toBe(filmName(film));
  });
});

describe("the nearest to", () => {
  test.for<[string, string]>([
    ["Toy Stroy (1995)", "Toy Story (1995)"],
    ["Matrx", "The Matrix (1999)"],
    ["Sabrina", "Sabrina (1995)"],
    ["Sabrina (1955)", "Sabrina (1995)"],
    ["Sabrnia (1954)", "Sabrina (1954)"],
    ["Teh Lion Kng", "The Lion King (1994)"],
    ["千と千尋", "千と千尋の神隠し (2001)"],
  ])("%s is %s", ([name, nearest]) => {
    expect(names(finder.nearest(name, 3))[0]).toBe(nearest);
    expect(finder.nearest(name, 3).length).toBe(3);
  });

  test.for(["", "🎬", "映画", "x".repeat(5000)])("%j is still three films", (name) => {
    expect(new Set(finder.nearest(name, 3)).size).toBe(3);
  });
});

describe("a search for", () => {
  test.for<[string, string[]]>([
    ["toy", ["The Toy (1982)", "Toy Story (1995)", "Toy Story 2 (1999)"]],
    ["toy st", ["Toy Story (1995)", "Toy Story 2 (1999)"]],
    ["story", ["Toy Story (1995)", "Toy Story 2 (1999)", "History of Violence (2005)"]],
    ["reloaded matrix", ["The Matrix Reloaded (2003)"]],
    ["sabrina 1954", ["Sabrina (1954)"]],
    ["tory", ["History of Violence (2005)", "Toy Story (1995)", "Toy Story 2 (1999)"]],
    ["lion kng", ["The Lion King (1994)"]],
    ["神隠し", ["千と千尋の神隠し (2001)"]],
    ["が", []],
    ["", []],
    ["!?", []],
  ])("%j finds %j", ([query, found]) => {
    expect(names(finder.search(query, 3))).toEqual(found);
  });

  test("shows no more than asked for, and no film twice", () => {
    expect(finder.search("t", 2).length).toBe(2);
    const all = finder.search("the", 100);
    expect(new Set(all).size).toBe(all.length);
  });
});

test.for([
  ["", "", 1],
  ["abc", "abc", 1],
  ["abcd", "abdc", 0.75],
  ["kitten", "sitting", 1 - 3 / 7],
  ["ab", "cd", 0],
] as const)("similarity of %s and %s is %d", ([a, b, value]) => {
  expect(similarity(a, b)).toBeCloseTo(value, 12);
  expect(similarity(b, a)).toBeCloseTo(value, 12);
});

test("folding leaves letters and digits", () => {
  expect(fold("  Ocean's Eleven: Ｔｈｅ Réturn!! ")).toBe("oceans eleven the return");
});
