/** @file `catalogue.json` of a pack (docs/formats.md, section 3): the films it can recommend. */
import * as v from "valibot";
import { FailureError } from "../core/failure.ts";
import type { Film } from "./film.ts";
import { itemIdSchema, MAX_ITEMS, parseJson, wholeSchema } from "./schema.ts";

const catalogueSchema = v.object({
  schema: v.literal("becausal-catalogue/1"),
  items: v.pipe(
    v.array(
      v.object({
        id: itemIdSchema,
        movieId: wholeSchema(0, Number.MAX_SAFE_INTEGER),
        title: v.pipe(v.string(), v.minLength(1), v.maxLength(500)),
        year: v.nullable(wholeSchema(1800, 2200)),
        genres: v.array(v.pipe(v.string(), v.minLength(1), v.maxLength(50))),
        popularity: wholeSchema(0, Number.MAX_SAFE_INTEGER),
      }),
    ),
    v.minLength(1),
    v.maxLength(MAX_ITEMS),
    v.check((items) => items.every(({ id }, row) => id === row), "an id is not its row"),
  ),
});

/** Reads the films, in row order. Throws `file-invalid` for a wrong field or another number of films than `items`. */
export function readCatalogue(bytes: Uint8Array, file: string, items: number): readonly Film[] {
  const films = parseJson(bytes, file, catalogueSchema).items;
  if (films.length !== items)
    throw new FailureError({
      kind: "file-invalid",
      file,
      reason: `it lists ${films.length} films where the manifest says ${items}`,
    });
  return films;
}
