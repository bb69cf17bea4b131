/**
 * @file A persona as a file, `becausal-persona/1`: what a person decided, the ratings behind the rest, and where that left every direction. Decisions
 * and ratings can be read back; the stances are a record, since they follow from the others.
 */
import * as v from "valibot";
import { FailureError } from "../core/failure.ts";
import { finiteSchema, parseJson, sha256Schema } from "../core/schema.ts";
import { movieIdSchema } from "../history/history-row.ts";
import { decisionListSchema, type ReadDecisions, readDecisions, writeDecisions } from "./decisions.ts";
import type { Overrides, Stance } from "./persona.ts";

const SCHEMA = "becausal-persona/1";
/** A file beyond this is refused unread; the page's own have about 10,000 bytes. */
export const MAX_PERSONA_FILE_BYTES = 2 ** 20;
const MOST_OPINIONS = 30_000;
const MOST_STANCES = 1000;

const movieIds = v.pipe(v.array(movieIdSchema), v.maxLength(MOST_OPINIONS));
const state = v.picklist(["for", "against", "neutral"]);
const text = v.pipe(v.string(), v.maxLength(100));

const fileSchema = v.object({
  schema: v.literal(SCHEMA),
  catalogueSha256: sha256Schema,
  decisions: decisionListSchema,
  /** MovieLens ids, oldest first. */
  opinions: v.object({ liked: movieIds, disliked: movieIds }),
  stances: v.pipe(
    v.array(
      v.object({
        direction: text,
        state,
        inferred: state,
        probability: finiteSchema,
        value: finiteSchema,
        deviation: finiteSchema,
      }),
    ),
    v.maxLength(MOST_STANCES),
  ),
});

export interface PersonaRecord {
  readonly catalogueSha256: string;
  readonly overrides: Overrides;
  /** MovieLens ids, oldest first. */
  readonly opinions: { readonly liked: readonly number[]; readonly disliked: readonly number[] };
  readonly stances: readonly Pick<
    Stance,
    "direction" | "state" | "inferred" | "probability" | "value" | "deviation"
  >[];
}

export interface PersonaFile extends ReadDecisions, Pick<PersonaRecord, "opinions"> {
  /** False: it was written with another catalogue, whose directions may be defined otherwise. */
  readonly isOfCatalogue: boolean;
}

export function writePersonaFile({ catalogueSha256, overrides, opinions, stances }: PersonaRecord): string {
  const document: v.InferInput<typeof fileSchema> = {
    schema: SCHEMA,
    catalogueSha256,
    decisions: [...writeDecisions(overrides)],
    opinions: { liked: [...opinions.liked], disliked: [...opinions.disliked] },
    stances: stances.map(({ direction, state, inferred, probability, value, deviation }) => ({
      direction: direction.id,
      state,
      inferred,
      probability,
      value,
      deviation,
    })),
  };
  return `${JSON.stringify(document, null, 1)}\n`;
}

/**
 * Reads a persona for a space of `directions` (ids). Throws `file-invalid` for what is no such file at all; single decisions that cannot be used are
 * named in `unusable`.
 */
export function readPersonaFile(
  bytes: Uint8Array,
  file: string,
  space: { readonly catalogueSha256: string; readonly directions: ReadonlySet<string> },
): PersonaFile {
  if (bytes.byteLength > MAX_PERSONA_FILE_BYTES)
    throw new FailureError({ kind: "file-invalid", file, reason: `it has ${bytes.byteLength} bytes` });
  const { decisions, opinions, catalogueSha256 } = parseJson(bytes, file, fileSchema);
  return {
    ...readDecisions(decisions, (id) => space.directions.has(id)),
    opinions,
    isOfCatalogue: catalogueSha256 === space.catalogueSha256,
  };
}
