/**
 * @file `public/samples/answer.json`: one computed answer, stored so that the first screen shows something true before the weights
 * arrive. It names its films itself, since it is painted before the catalogue is there.
 */
import * as v from "valibot";
import type { EffectMatrix } from "../attribution/effect.ts";
import { type EventIndex, eventIndex, type ItemId, itemId } from "../core/ids.ts";
import { parseJson } from "../core/schema.ts";
import type { Film } from "../model/film.ts";
import type { RankedItem } from "../scores/recommend.ts";
import type { Recommendation } from "../worker/protocol.ts";

const row = v.pipe(v.number(), v.integer(), v.minValue(0), v.transform<number, ItemId>(itemId));
const event = v.pipe(v.number(), v.integer(), v.minValue(0), v.transform<number, EventIndex>(eventIndex));
const finite = v.pipe(v.number(), v.finite());
const numbers = v.array(finite);
const fraction = v.pipe(finite, v.minValue(0), v.maxValue(1));

const film = v.object({
  id: row,
  movieId: v.pipe(v.number(), v.integer()),
  title: v.pipe(v.string(), v.nonEmpty()),
  year: v.nullable(v.number()),
  genres: v.array(v.string()),
  popularity: finite,
});

const recommendation = v.object({
  ranked: v.pipe(
    v.array(
      v.object({
        item: row,
        movieId: v.number(),
        verdict: finite,
        sasrec: finite,
        shown: finite,
        probability: fraction,
        sasrecRank: v.pipe(v.number(), v.integer(), v.minValue(1)),
      }),
    ),
    v.minLength(1),
  ),
  slateSize: v.number(),
  personal: v.boolean(),
  gate: numbers,
  promptTokens: v.number(),
  milliseconds: finite,
});

const matrix = v.object({
  method: v.optional(v.picklist(["leave-one-out", "replacement", "shapley"]), "leave-one-out"),
  question: v.picklist(["total", "prompt-only"]),
  history: v.array(row),
  candidates: v.array(row),
  fullVerdict: numbers,
  rows: v.array(
    v.object({
      event,
      item: row,
      deltaNats: numbers,
      deltaProbability: numbers,
      deltaShown: numbers,
    }),
  ),
  forwardPasses: v.number(),
});

/**
 * `matrix.candidates` are the items of `recommendation.ranked`, in its order; `films` holds every film that either names. Item ids are
 * rows of the pack the answer was computed with; MovieLens ids stay true when the pack changes.
 */
export const sampleAnswerSchema = v.pipe(
  v.object({
    schema: v.literal("becausal-sample-answer/1"),
    /** Backend, layers and pack it was computed with, for the "sample" note. */
    madeWith: v.object({ backend: v.picklist(["webgpu", "wasm"]), layers: v.number(), pack: v.string() }),
    /** Kept films, oldest first. */
    historyMovieIds: v.array(v.number()),
    films: v.array(film),
    recommendation,
    matrix,
  }),
  v.check(
    ({ matrix, recommendation }) =>
      matrix.candidates.length === recommendation.ranked.length &&
      matrix.candidates.every((item, i) => item === recommendation.ranked[i]?.item),
    "matrix.candidates are the recommended items, in their order",
  ),
  v.check(
    ({ matrix: { rows, candidates } }) =>
      rows.every((each) =>
        [each.deltaNats, each.deltaProbability, each.deltaShown].every((d) => d.length === candidates.length),
      ),
    "every row of the matrix has one value per candidate",
  ),
  v.check(({ films, matrix }) => {
    const known = new Set(films.map(({ id }) => id));
    return [...matrix.history, ...matrix.candidates, ...matrix.rows.map(({ item }) => item)].every((item) =>
      known.has(item),
    );
  }, "films names every film of the matrix"),
);

export interface SampleAnswer {
  readonly schema: "becausal-sample-answer/1";
  readonly madeWith: {
    readonly backend: "webgpu" | "wasm";
    readonly layers: number;
    readonly pack: string;
  };
  readonly historyMovieIds: readonly number[];
  readonly films: readonly Film[];
  readonly recommendation: Omit<Recommendation, "ranked"> & {
    readonly ranked: readonly (RankedItem & { readonly movieId: number })[];
  };
  readonly matrix: EffectMatrix;
}

/** Reads the stored answer. Throws `file-invalid` naming the first field that is wrong. */
export function readSampleAnswer(bytes: Uint8Array, file: string): SampleAnswer {
  return parseJson(bytes, file, sampleAnswerSchema);
}
