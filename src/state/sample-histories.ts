import * as v from "valibot";
import { parseJson } from "../core/schema.ts";

/** A history to start from with one click. */
export interface SampleHistory {
  readonly id: string;
  readonly name: { readonly en: string; readonly ja: string };
  /** Oldest first. */
  readonly movieIds: readonly number[];
}

const schema = v.object({
  schema: v.literal("becausal-sample-histories/1"),
  histories: v.array(
    v.object({
      id: v.pipe(v.string(), v.nonEmpty()),
      name: v.object({ en: v.pipe(v.string(), v.nonEmpty()), ja: v.pipe(v.string(), v.nonEmpty()) }),
      movieIds: v.pipe(v.array(v.pipe(v.number(), v.integer())), v.minLength(1)),
    }),
  ),
});

/** Reads `public/samples/histories.json`. Throws `file-invalid` naming the first field that is wrong. */
export function readSampleHistories(bytes: Uint8Array, file: string): readonly SampleHistory[] {
  return parseJson(bytes, file, schema).histories;
}
