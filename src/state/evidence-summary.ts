/**
 * @file `public/evidence/summary.json`: every published figure once, condensed from the records in training/results by
 * `python -m becausal_training results`. Names are those that the page has words for; another name is refused.
 */
import * as v from "valibot";
import { finiteSchema, parseJson, textSchema } from "../core/schema.ts";

export const EVIDENCE_SCHEMA = "becausal-evidence/1";

/** Data sets and depths that were measured as a whole. */
export const EVIDENCE_PACKS = ["movies", "ml-100k", "ml-100k-30-layers"] as const;
export type EvidencePack = (typeof EVIDENCE_PACKS)[number];

export const EVIDENCE_SECTIONS = [
  ...EVIDENCE_PACKS,
  "movies-tampered",
  "ml-100k-tampered",
  "ml-100k-30-layers-tampered",
  "ml-100k-30-layers-choice",
  "movies-crossfit",
  "ml-100k-crossfit",
  "ablations",
  "ablations-tampered",
  "ablations-clusters",
  "depth",
  "worlds",
  "causes",
] as const;
export type EvidenceSectionId = (typeof EVIDENCE_SECTIONS)[number];

const MEASURES = [
  "HR@1",
  "HR@10",
  "NDCG@10",
  "Recall@50",
  "Recall@100",
  "cause-on-top",
  "distractor-cause-median",
  "share-of-text",
  "share-of-behaviour",
] as const;
export type EvidenceMeasure = (typeof MEASURES)[number];

const PROTOCOLS = [
  "20-windows",
  "20-windows-watched-last",
  "20-last",
  "20-last-watched-last",
  "20-validation",
  "catalogue",
  "catalogue-slate-50",
  "catalogue-slate-100",
  "catalogue-validation",
  "planted",
] as const;
export type EvidenceProtocol = (typeof PROTOCOLS)[number];

const EVIDENCE_MODES = ["popularity", "sasrec", "text", "hybrid", "fused"] as const;

const ARMS = [
  "intact",
  "behaviour-vectors-permuted-among-films",
  "null-vector-in-every-slot",
  "titles-permuted-among-films",
  "uniform-gate",
  "gates-permuted-among-windows",
  "rate-0-0006-ends-at-0-6",
  "rate-0-0012-ends-at-0-3",
  "8-folds",
  "no-folds",
  "hybrid-ilora-curriculum",
  "text-only",
  "behaviour-only",
  "uniform-lora",
  "random-gate",
  "direct",
  "two-stage",
  "nextquill-losses",
  "nextquill-preference-effect-alone",
  "all",
  "cluster-0",
  "cluster-1",
  "cluster-2",
  "cluster-3",
  "cluster-4",
  "cluster-5",
  "cluster-6",
  "cluster-7",
  "6-layers",
  "12-layers",
  "18-layers",
  "24-layers",
  "30-layers",
  "hybrid",
  "hybrid-s-weights-behaviour-only",
  "hybrid-s-weights-text-only",
  "trained-on-behaviour-only",
  "trained-on-text-only",
  "ilora",
  "ilora-gates-of-other-groups",
  "model",
  "model-another-cause-s-distractor",
  "replacement",
  "shapley-16-pairs",
  "shapley-exact",
  "leave-one-out",
  "attention-weights",
  "channels",
] as const;
export type EvidenceArm = (typeof ARMS)[number];

const WORLDS = ["text-informed", "behaviour-informed", "group", "cause-by-title", "cause-by-vector"] as const;

const METHODS = [
  "sasrec-in-llara-s-table",
  "gpt-4-in-llara-s-table",
  "tallrec-in-llara-s-table",
  "llara-paper",
  "llara-its-repository-after-corrections",
  "ilora",
] as const;

const whole = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const orNull = <Output>(schema: v.GenericSchema<unknown, Output>) => v.optional(v.nullable(schema), null);
const arm = v.picklist(ARMS);
const mode = v.picklist(EVIDENCE_MODES);
const world = v.picklist(WORLDS);
const explained = v.picklist(["verdict", "contrast", "log-share"]);

const figureSchema = v.pipe(
  v.object({
    measure: v.picklist(MEASURES),
    protocol: v.picklist(PROTOCOLS),
    /** A difference or a ratio is paired, question by question. */
    form: v.picklist(["value", "difference", "ratio"]),
    arm: orNull(arm),
    mode: orNull(mode),
    /** What a difference or a ratio is taken from. */
    against: orNull(v.union([arm, mode])),
    world: orNull(world),
    /** What is explained, where effects are. */
    of: orNull(explained),
    value: finiteSchema,
    /** The 95 % interval; null where none was recorded. */
    low: v.nullable(finiteSchema),
    high: v.nullable(finiteSchema),
    n: v.pipe(whole, v.minValue(1)),
    users: v.nullable(whole),
    /** What the value was held to before it was measured. */
    bar: orNull(
      v.object({ least: v.nullable(finiteSchema), most: v.nullable(finiteSchema), met: v.boolean() }),
    ),
    bySeed: orNull(v.array(finiteSchema)),
    /** The two values behind a difference. */
    means: orNull(v.tuple([finiteSchema, finiteSchema])),
    trainingSeconds: orNull(finiteSchema),
  }),
  v.check(
    ({ low, value, high }) => (low ?? value) <= value && value <= (high ?? value),
    "outside its interval",
  ),
);

const gateSchema = v.object({
  meanEntropy: finiteSchema,
  mutualInformationWithClusters: finiteSchema,
  clusters: whole,
  n: whole,
});

const medianSchema = v.object({
  world,
  arm,
  of: orNull(explained),
  cause: finiteSchema,
  distractor: finiteSchema,
  largestNoise: finiteSchema,
  n: whole,
});

const sectionSchema = v.object({
  id: v.picklist(EVIDENCE_SECTIONS),
  record: textSchema,
  /** Makes the record again. */
  command: textSchema,
  device: textSchema,
  commit: orNull(textSchema),
  /** Weight of SASRec's score in `fused`, where a pack has one. */
  beta: orNull(finiteSchema),
  seeds: orNull(v.array(whole)),
  gate: orNull(gateSchema),
  medians: v.optional(v.array(medianSchema), []),
  figures: v.pipe(v.array(figureSchema), v.minLength(1)),
});

const summarySchema = v.object({
  schema: v.literal(EVIDENCE_SCHEMA),
  sections: v.array(sectionSchema),
  papers: v.array(
    v.object({
      method: v.picklist(METHODS),
      languageModel: v.picklist(["none", "gpt-4", "llama-2-7b"]),
      low: finiteSchema,
      high: finiteSchema,
    }),
  ),
});

export type EvidenceSummary = v.InferOutput<typeof summarySchema>;
export type EvidenceSection = v.InferOutput<typeof sectionSchema>;
export type EvidenceFigure = v.InferOutput<typeof figureSchema>;
export type Paper = EvidenceSummary["papers"][number];

/** Throws `file-invalid` naming the first field that is wrong. */
export function readEvidenceSummary(bytes: Uint8Array, file: string): EvidenceSummary {
  return parseJson(bytes, file, summarySchema);
}
