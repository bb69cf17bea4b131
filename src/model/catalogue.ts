/** @file `catalogue.json` of a pack (docs/formats.md, section 3): the films it can recommend. */
import * as v from "valibot";
import { FailureError } from "../core/failure.ts";
import { itemIdSchema, MAX_ITEMS, parseJson, wholeSchema } from "../core/schema.ts";
import type { Film } from "./film.ts";
import type { FilmText } from "./items-file.ts";

const row = {
  id: itemIdSchema,
  movieId: wholeSchema(0, Number.MAX_SAFE_INTEGER),
  popularity: wholeSchema(0, Number.MAX_SAFE_INTEGER),
};
const describedRow = v.object({
  ...row,
  title: v.pipe(v.string(), v.minLength(1), v.maxLength(500)),
  year: v.nullable(wholeSchema(1800, 2200)),
  genres: v.array(v.pipe(v.string(), v.minLength(1), v.maxLength(50))),
});

const catalogueSchema = rowsSchema("becausal-catalogue/1", describedRow);
// Strict, so that titles which may not be passed on do not slip in unseen.
const untitledSchema = rowsSchema("becausal-catalogue/2", v.strictObject(row));

function rowsSchema<Row extends { readonly id: number }>(
  version: string,
  rowSchema: v.GenericSchema<unknown, Row>,
) {
  return v.object({
    schema: v.literal(version),
    items: v.pipe(
      v.array(rowSchema),
      v.minLength(1),
      v.maxLength(MAX_ITEMS),
      v.check((items) => items.every(({ id }, index) => id === index), "an id is not its row"),
    ),
  });
}

/** Reads the films, in row order. Throws `file-invalid` for a wrong field or another number of films than `items`. */
export function readCatalogue(bytes: Uint8Array, file: string, items: number): readonly Film[] {
  return checkCount(parseJson(bytes, file, catalogueSchema).items, file, items);
}

/** What a catalogue without titles says of a film. */
export type UntitledFilm = Pick<Film, "id" | "movieId" | "popularity">;

/** Reads a catalogue whose titles may not be passed on. Throws as {@link readCatalogue} does. */
export function readUntitledCatalogue(
  bytes: Uint8Array,
  file: string,
  items: number,
): readonly UntitledFilm[] {
  return checkCount(parseJson(bytes, file, untitledSchema).items, file, items);
}

/** The films with the texts of an items file called `file`, by movie id. Throws `file-invalid` naming the first film it lacks. */
export function withTitles(
  films: readonly UntitledFilm[],
  { file, texts }: { readonly file: string; readonly texts: ReadonlyMap<number, FilmText> },
): readonly Film[] {
  return films.map((film) => {
    const text = texts.get(film.movieId);
    if (text === undefined)
      throw new FailureError({ kind: "file-invalid", file, reason: `it has no film of id ${film.movieId}` });
    return { ...film, ...text };
  });
}

function checkCount<Row>(films: readonly Row[], file: string, items: number): readonly Row[] {
  if (films.length !== items)
    throw new FailureError({
      kind: "file-invalid",
      file,
      reason: `it lists ${films.length} films where the manifest says ${items}`,
    });
  return films;
}
