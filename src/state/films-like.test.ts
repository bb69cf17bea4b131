import { expect, test } from "vitest";
import { present } from "../core/invariant.ts";
import { filmsLike } from "./films-like.ts";
import { fixtureFilms, fixtureFilmsByItem } from "./fixtures/films.ts";

const film = (title: string) =>
  present(
    fixtureFilms.find((each) => each.title === title),
    title,
  );
const titles = (like: string, excluded: readonly string[], most: number) =>
  filmsLike(film(like).id, fixtureFilmsByItem, new Set(excluded.map((each) => film(each).id)), most).map(
    (item) => fixtureFilmsByItem.get(item)?.title,
  );

test("films of the same genres come first, the popular ones before others", () => {
  expect(titles("Blade Runner", [], 2)).toEqual(["The Matrix", "The Terminator"]);
});
test("neither the film itself nor what is excluded is like it", () => {
  expect(titles("Blade Runner", ["The Matrix"], 1)).toEqual(["The Terminator"]);
  expect(titles("Blade Runner", [], 100)).not.toContain("Blade Runner");
});
test("films without a genre in common are not like it", () => {
  expect(titles("Bowling for Columbine", [], 100)).toEqual([]);
});
