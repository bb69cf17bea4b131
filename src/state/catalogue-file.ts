import * as v from "valibot";
import { itemId } from "../core/ids.ts";
import type { Film } from "../model/film.ts";

const schema = v.pipe(
  v.object({
    schema: v.literal("becausal-catalogue/1"),
    items: v.array(
      v.object({
        id: v.pipe(v.number(), v.integer(), v.minValue(0), v.transform(itemId)),
        movieId: v.pipe(v.number(), v.integer()),
        title: v.pipe(v.string(), v.nonEmpty()),
        year: v.nullable(v.pipe(v.number(), v.integer())),
        genres: v.array(v.string()),
        popularity: v.number(),
      }),
    ),
  }),
  v.check(({ items }) => items.every(({ id }, i) => id === i), "every film's id is its row"),
);

/** The films of a pack's `catalogue.json`, or a ValiError that says which part is not as it should be. */
export function readCatalogueFile(json: unknown): readonly Film[] {
  return v.parse(schema, json).items;
}
