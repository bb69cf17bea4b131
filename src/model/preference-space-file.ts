/** @file `preference-space.json` beside a pack (docs/formats.md, section 10): the preference directions and every film's values. */
import * as v from "valibot";
import { FailureError } from "../core/failure.ts";
import { finiteSchema, MAX_ITEMS, parseJson, sha256Schema, wholeSchema } from "../core/schema.ts";
import { choleskyFactor } from "../persona/cholesky.ts";
import { exposureReference, type PreferenceSpace } from "../persona/preference-space.ts";
import type { Film } from "./film.ts";

/** A file beyond this is refused unread. */
export const MAX_PREFERENCE_SPACE_BYTES = 4 * 2 ** 20;
export const PREFERENCE_SPACE_FILE = "preference-space.json";
const MAX_DIRECTIONS = 128;

const shortText = v.pipe(v.string(), v.minLength(1), v.maxLength(300));
const bilingual = v.object({ en: shortText, ja: shortText });
const base64 = v.pipe(
  v.string(),
  v.maxLength(MAX_PREFERENCE_SPACE_BYTES),
  v.regex(/^[A-Za-z0-9+/]*={0,2}$/, "expected base64"),
);
const positive = v.pipe(finiteSchema, v.gtValue(0), v.maxValue(100));

const schema = v.object({
  schema: v.literal("becausal-preference-space/1"),
  catalogueSha256: sha256Schema,
  items: wholeSchema(1, MAX_ITEMS),
  levels: v.literal(16),
  directions: v.pipe(
    v.array(
      v.object({
        id: v.pipe(v.string(), v.regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, "expected words joined by hyphens")),
        name: bilingual,
        definition: bilingual,
        phrase: shortText,
        kind: v.picklist(["binary", "quantile"]),
        valuesB64: base64,
      }),
    ),
    v.minLength(1),
    v.maxLength(MAX_DIRECTIONS),
    v.check((all) => new Set(all.map(({ id }) => id)).size === all.length, "two directions share an id"),
  ),
  prior: v.object({
    trainingUsers: wholeSchema(1, Number.MAX_SAFE_INTEGER),
    meanB64: base64,
    covarianceB64: base64,
    freedom: positive,
    likeWeight: positive,
    dislikeWeight: positive,
  }),
});

/**
 * Reads the space of a catalogue whose `catalogue.json` has the sha256 `catalogueSha256`. Throws `file-invalid` for a wrong field, values
 * of another number of films, another catalogue, or a prior that is no Gaussian.
 */
export function readPreferenceSpace(
  bytes: Uint8Array,
  file: string,
  catalogue: { readonly sha256: string; readonly films: readonly Pick<Film, "popularity">[] },
): PreferenceSpace {
  const invalid = (reason: string) => new FailureError({ kind: "file-invalid", file, reason });
  if (bytes.byteLength > MAX_PREFERENCE_SPACE_BYTES) throw invalid(`it has ${bytes.byteLength} bytes`);
  const document = parseJson(bytes, file, schema);
  const items = catalogue.films.length;
  if (document.catalogueSha256 !== catalogue.sha256 || document.items !== items)
    throw invalid("it belongs to another catalogue");
  const size = document.directions.length;
  const decoded = (text: string, name: string, length: number): Uint8Array<ArrayBuffer> => {
    const found = decodeBase64(text);
    if (found?.byteLength !== length) throw invalid(`${name}: expected ${length} bytes in base64`);
    return found;
  };

  const attributes = new Float64Array(items * size);
  for (const [d, { id, kind, valuesB64 }] of document.directions.entries()) {
    const isBinary = kind === "binary";
    const packed = decoded(valuesB64, `the values of ${id}`, Math.ceil(items / (isBinary ? 8 : 2)));
    for (let item = 0; item < items; item++)
      attributes[item * size + d] = isBinary
        ? bitAt(packed, item)
        : halfByteAt(packed, item) / (document.levels - 1);
  }

  const mean = floats(decoded(document.prior.meanB64, "prior.meanB64", 4 * size));
  const lower = floats(decoded(document.prior.covarianceB64, "prior.covarianceB64", 2 * size * (size + 1)));
  const covariance = new Float64Array(size * size);
  for (let i = 0, at = 0; i < size; i++)
    for (let j = 0; j <= i; j++, at++) {
      const value = lower[at] ?? Number.NaN;
      covariance[i * size + j] = value;
      covariance[j * size + i] = value;
    }
  if (![...mean, ...covariance].every(Number.isFinite)) throw invalid("prior: a number is not finite");
  try {
    choleskyFactor(covariance, size);
  } catch {
    throw invalid("prior.covarianceB64: the matrix is not positive definite");
  }
  return {
    directions: document.directions.map(({ id, name, definition, phrase, kind }) => ({
      id,
      name,
      definition,
      phrase,
      kind,
    })),
    items,
    attributes,
    reference: exposureReference(
      attributes,
      catalogue.films.map(({ popularity }) => popularity),
    ),
    prior: { mean, covariance, freedom: document.prior.freedom },
    likeWeight: document.prior.likeWeight,
    dislikeWeight: document.prior.dislikeWeight,
  };
}

function bitAt(bytes: Uint8Array, index: number): number {
  return ((bytes[index >> 3] ?? 0) >> (index & 7)) & 1;
}

/** Four bits, the even index in the lower half. */
function halfByteAt(bytes: Uint8Array, index: number): number {
  return ((bytes[index >> 1] ?? 0) >> (4 * (index & 1))) & 15;
}

/** Little-endian 32-bit floats. */
function floats(bytes: Uint8Array<ArrayBuffer>): Float64Array {
  const view = new DataView(bytes.buffer);
  return Float64Array.from({ length: bytes.byteLength / 4 }, (_, i) => view.getFloat32(4 * i, true));
}

/** Null where the text is no base64. */
function decodeBase64(text: string): Uint8Array<ArrayBuffer> | null {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    return null;
  }
}
