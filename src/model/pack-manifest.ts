/** @file `manifest.json` of a pack (docs/formats.md, section 3). */
import * as v from "valibot";
import {
  fileNameSchema,
  finiteSchema,
  itemIdSchema,
  MAX_ITEMS,
  parseJson,
  sha256Schema,
  textSchema,
  wholeSchema,
} from "../core/schema.ts";

const MAX_FILE_BYTES = 256 * 2 ** 20;

const packFile = {
  file: fileNameSchema,
  byteLength: wholeSchema(1, MAX_FILE_BYTES),
  sha256: sha256Schema,
};
const fraction = v.pipe(v.number(), v.minValue(0), v.maxValue(1));
const count = wholeSchema(0, Number.MAX_SAFE_INTEGER);

const packManifestSchema = v.pipe(
  v.object({
    // Version 2 may hold low-rank factors in 8 bits and leave the titles to the user.
    schema: v.picklist(["becausal-pack/1", "becausal-pack/2"]),
    name: fileNameSchema,
    title: v.object({ en: textSchema, ja: textSchema }),
    base: v.object({ sha256: sha256Schema, layers: wholeSchema(1, 256) }),
    prompt: v.object({
      template: v.literal("watch-next-v1"),
      year: v.picklist(["always", "when-ambiguous"]),
      historyItems: wholeSchema(1, 50),
      maxTitleTokens: wholeSchema(1, 256),
      /** Optional pieces that the pack was trained to read; absent: none. */
      pieces: v.exactOptional(v.pipe(v.array(v.picklist(["persona", "examples"])), v.maxLength(2))),
    }),
    adapter: v.object({
      ...packFile,
      rank: wholeSchema(1, 256),
      experts: wholeSchema(1, 64),
      scale: finiteSchema,
    }),
    sasrec: v.object({
      ...packFile,
      items: wholeSchema(1, MAX_ITEMS),
      dim: wholeSchema(1, 4096),
      maxLength: wholeSchema(1, 4096),
      layers: wholeSchema(1, 64),
      heads: wholeSchema(1, 64),
      ffn: wholeSchema(1, 16_384),
    }),
    catalogue: v.object({
      ...packFile,
      items: wholeSchema(1, MAX_ITEMS),
      /** Where titles, years and genres come from; absent: the catalogue includes them. */
      titles: v.exactOptional(v.picklist(["included", "needed"])),
      licence: v.object({ name: textSchema, text: textSchema, url: textSchema }),
      titleTokensSha256: sha256Schema,
    }),
    fusion: v.object({ beta: finiteSchema, chosenOn: textSchema }),
    slate: v.object({ size: wholeSchema(1, 1000) }),
    probe: v.object({
      history: v.pipe(v.array(itemIdSchema), v.maxLength(50)),
      candidates: v.pipe(v.array(itemIdSchema), v.minLength(1), v.maxLength(100)),
      verdictLogOdds: v.array(finiteSchema),
      tolerance: v.pipe(finiteSchema, v.gtValue(0)),
    }),
    training: v.object({
      seed: count,
      commit: textSchema,
      dataSha256: sha256Schema,
      steps: count,
      wallSeconds: v.pipe(finiteSchema, v.minValue(0)),
      device: textSchema,
      lossCurve: v.array(v.tuple([count, finiteSchema])),
      curriculum: v.array(v.tuple([fraction, fraction])),
      split: v.object({ rule: textSchema, train: count, validation: count, test: count }),
    }),
    metrics: v.array(
      v.object({
        name: textSchema,
        model: textSchema,
        protocol: textSchema,
        value: fraction,
        n: count,
        users: count,
        low: fraction,
        high: fraction,
      }),
    ),
  }),
  v.check(
    ({ adapter }) => adapter.rank % adapter.experts === 0,
    "adapter.rank is not a multiple of adapter.experts",
  ),
  v.check(({ sasrec }) => sasrec.dim % sasrec.heads === 0, "sasrec.dim is not a multiple of sasrec.heads"),
  v.check(
    ({ sasrec, catalogue }) => sasrec.items === catalogue.items,
    "sasrec.items and catalogue.items differ",
  ),
  v.check(
    ({ probe }) => probe.candidates.length === probe.verdictLogOdds.length,
    "probe.candidates and probe.verdictLogOdds differ in length",
  ),
  v.check(
    ({ probe, catalogue }) => [...probe.history, ...probe.candidates].every((item) => item < catalogue.items),
    "probe names an item beyond the catalogue",
  ),
);

export type PackManifest = v.InferOutput<typeof packManifestSchema>;
export type PromptSettings = PackManifest["prompt"];

/** Reads a pack's manifest. Throws `file-invalid` naming the first field that is wrong. */
export function readPackManifest(bytes: Uint8Array, file: string): PackManifest {
  return parseJson(bytes, file, packManifestSchema);
}
