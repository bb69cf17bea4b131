/** @file `manifest.json` of a base model in parts (docs/formats.md, section 1). */
import * as v from "valibot";
import { fileNameSchema, parseJson, sha256Schema, textSchema, wholeSchema } from "../core/schema.ts";

const MAX_PART_BYTES = 20 * 2 ** 20;
const MAX_FILE_BYTES = 2 ** 31 - 1;

const baseManifestSchema = v.pipe(
  v.object({
    schema: v.literal("becausal-base/1"),
    name: textSchema,
    file: fileNameSchema,
    byteLength: wholeSchema(1, MAX_FILE_BYTES),
    sha256: sha256Schema,
    parts: v.pipe(
      v.array(
        v.object({
          path: fileNameSchema,
          byteLength: wholeSchema(1, MAX_PART_BYTES),
          sha256: sha256Schema,
        }),
      ),
      v.minLength(1),
      v.maxLength(1000),
    ),
    layers: wholeSchema(1, 256),
    licence: v.object({ spdx: textSchema, attribution: textSchema }),
    source: v.object({
      package: textSchema,
      file: fileNameSchema,
      byteLength: wholeSchema(1, MAX_FILE_BYTES),
      sha256: sha256Schema,
    }),
    derivedBy: textSchema,
  }),
  v.check(
    ({ parts, byteLength }) => parts.reduce((sum, part) => sum + part.byteLength, 0) === byteLength,
    "the parts' lengths do not add up to byteLength",
  ),
);

export type BaseManifest = v.InferOutput<typeof baseManifestSchema>;

/** Reads a base's manifest. Throws `file-invalid` naming the first field that is wrong. */
export function readBaseManifest(bytes: Uint8Array, file: string): BaseManifest {
  return parseJson(bytes, file, baseManifestSchema);
}
