import * as v from "valibot";

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

/** `public/samples/histories.json`, or a ValiError that says which part is not as it should be. */
export function readSampleHistories(json: unknown): readonly SampleHistory[] {
  return v.parse(schema, json).histories;
}
