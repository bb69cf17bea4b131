import { describe, expect, test } from "vitest";
import { makeFilmSearch } from "./film-search.ts";
import { fixtureFilms } from "./fixtures/films.ts";

const search = makeFilmSearch(fixtureFilms);
const titles = (query: string) => search(query, 10).map(({ title }) => title);

describe("film search", () => {
  test("the article may be left out and comes first all the same", () => {
    expect(titles("matrix")[0]).toBe("The Matrix");
  });
  test("accents and case do not matter", () => {
    expect(titles("AMÉLIE POULAIN")).toEqual(["Amelie (Fabuleux destin d'Amélie Poulain, Le)"]);
    expect(titles("amelie")[0]).toContain("Amelie");
  });
  test("words may come in any order, with the year", () => {
    expect(titles("runner blade")).toEqual(["Blade Runner"]);
    expect(titles("1982")).toEqual(["Blade Runner"]);
  });
  test("every word must fit", () => {
    expect(titles("blade wars")).toEqual([]);
  });
  test("the better known film is first within one closeness", () => {
    expect(titles("star wars")[0]).toBe("Star Wars: Episode IV - A New Hope");
  });
  test("nothing typed finds nothing, and no more than asked for is found", () => {
    expect(titles("   ")).toEqual([]);
    expect(search("t", 3)).toHaveLength(3);
  });
  test.for(["(", "\\", "*", "’"])("punctuation alone (%s) is no query", (query) => {
    expect(titles(query)).toEqual([]);
  });
});
