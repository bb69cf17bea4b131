/**
 * @file The result of `becausal evaluate` as a file (docs/evaluate.md): every case's scores by every mode, and the figures computed from
 * them. Input from outside wherever it is read again.
 */
import * as v from "valibot";
import { finiteSchema as finite, MAX_ITEMS, parseJson, sha256Schema as sha256 } from "../core/schema.ts";

export const RESULT_SCHEMA = "becausal-evaluation/1";

/** In the order of tables. */
export const MODES = [
  "popularity",
  "knn",
  "markov",
  "sasrec",
  "text",
  "behaviour",
  "hybrid",
  "fused",
] as const;
export type Mode = (typeof MODES)[number];

/**
 * `llara`: each test user's last target among 20 candidates, drawn several times. `windows`: every window of the test users, drawn
 * once. `full`: the whole catalogue. `given`: the candidates that a file of cases names.
 */
export const PROTOCOLS = ["llara", "windows", "full", "given"] as const;
export type Protocol = (typeof PROTOCOLS)[number];

/** Which films may stand beside the target where candidates are drawn. */
export const NEGATIVE_RULES = ["outside-prompt-history", "never-rated-before"] as const;
export type NegativeRule = (typeof NEGATIVE_RULES)[number];

const MOST_RESAMPLES = 100_000;
const whole = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const item = v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(MAX_ITEMS - 1));
const items = v.array(item);
const text = v.pipe(v.string(), v.maxLength(10_000));
const mode = v.picklist(MODES);
const fraction = v.pipe(finite, v.minValue(0), v.maxValue(1));

const modeRecord = <Value>(value: v.GenericSchema<unknown, Value>) =>
  v.object(
    Object.fromEntries(MODES.map((name) => [name, v.exactOptional(value)])) as Record<
      Mode,
      v.ExactOptionalSchema<v.GenericSchema<unknown, Value>, undefined>
    >,
  );

const standingSchema = v.object({
  /** Films ranked before the target, among those that may be recommended. */
  rank: whole,
  /** The best films, at most 20, best first. */
  top: items,
});

/** One prediction. Films are rows of the pack's catalogue. */
export const caseSchema = v.object({
  /** With `draw` unique in the file. Cases of one id ask the same question with other candidates; their values are averaged. */
  id: v.pipe(v.string(), v.minLength(1), v.maxLength(200)),
  /** Cases of one user are resampled together. */
  user: v.pipe(v.string(), v.minLength(1), v.maxLength(200)),
  draw: whole,
  /** Oldest first; the last ones that the recommender reads. */
  history: items,
  target: item,
  /** What `scores` are of. In `full` SASRec's slate, best first, which need not hold the target. */
  candidates: items,
  /** Places in `candidates` of films that the user had rated before, the target's aside. */
  watched: v.array(whole),
  /** By mode, in the order of `candidates`. In `full` only of modes that score a slate. */
  scores: modeRecord(v.array(finite)),
  /** `full` only: where the target stands in the whole catalogue by the modes that rank all of it. */
  catalogue: v.nullable(modeRecord(standingSchema)),
});

const problemSchema = v.object({
  file: text,
  /** From 1; null where the whole file is meant. */
  line: v.nullable(whole),
  reason: text,
});

const estimate = {
  value: finite,
  /** The 95 % interval; null where none is computed. */
  low: v.nullable(finite),
  high: v.nullable(finite),
  /** Questions: cases, those of one id counted once. */
  n: whole,
  users: whole,
};

const metricSchema = v.object({
  name: v.picklist([
    "HR",
    "NDCG",
    "MRR",
    "SlateRecall",
    "Coverage",
    "TopPopularity",
    "PopularityBias",
    "Brier",
  ]),
  /** How many places count; null where the figure has none. */
  k: v.nullable(whole),
  mode,
  /** A paired difference `mode - minus` where this names a mode. */
  minus: v.nullable(mode),
  /** Whether films that the user had rated before are ranked last by every mode. */
  watchedLast: v.boolean(),
  ...estimate,
});

const answersSchema = v.object({
  mode,
  watchedLast: v.boolean(),
  /** Targets ranked first; a tie of t counts 1 / t, draws are averaged. */
  correct: finite,
  total: whole,
  /** Share of answers that are one of the candidates: 1, since nothing else can be answered. */
  validRatio: v.literal(1),
});

const calibrationSchema = v.object({
  mode,
  /** Expected calibration error of the first candidate's probability (Guo et al. 2017). */
  expectedCalibrationError: fraction,
  /** Mean over questions of the sum of squared errors over the candidates (Brier 1950); in [0, 2]. */
  brier: finite,
  n: whole,
  bins: v.array(
    v.object({
      from: fraction,
      to: fraction,
      n: whole,
      /** Null in an empty bin. */
      meanProbability: v.nullable(fraction),
      hitRate: v.nullable(fraction),
    }),
  ),
});

const settingsSchema = v.object({
  protocol: v.picklist(PROTOCOLS),
  modes: v.pipe(v.array(mode), v.minLength(1)),
  negatives: v.picklist(NEGATIVE_RULES),
  draws: whole,
  /** Candidates of a drawn case, the target included. */
  candidates: whole,
  /** Films on the slate of `full`. */
  slate: whole,
  seed: whole,
  /** Cases drawn out of all; null: all. */
  limit: v.nullable(whole),
  /** Ratings from here on are kept. */
  keptFrom: finite,
  /** Kept films before a target, at least. */
  minHistory: whole,
  /** Resamples of the users behind every interval. `--recompute` draws them again: a file must not make it draw for hours. */
  resamples: v.pipe(whole, v.maxValue(MOST_RESAMPLES)),
});

const headSchema = v.object({
  schema: v.literal(RESULT_SCHEMA),
  /** The command line that made it. */
  command: text,
  version: text,
  pack: v.object({
    name: text,
    adapterSha256: sha256,
    sasrecSha256: sha256,
    catalogueSha256: sha256,
    /** Weight of SASRec's score in `fused`. */
    beta: finite,
    /** Last films of a history in the prompt, and before the recommender. */
    promptItems: whole,
    recommenderItems: whole,
  }),
  base: v.object({ sha256, layers: whole }),
  data: v.object({
    name: text,
    format: v.picklist(["recbole", "movielens-csv", "ml-100k", "cases"]),
    files: v.array(v.object({ file: text, sha256, rows: whole, badRows: whole })),
    /** Null where a file of cases was given alone. */
    users: v.nullable(v.object({ train: whole, validation: whole, test: whole, without: whole })),
    /** Rows that are ratings of films of the pack, and those of them that are kept. */
    ratings: v.nullable(v.object({ read: whole, kept: whole })),
    /** The first 10,000. */
    problems: v.array(problemSchema),
    problemCount: whole,
  }),
  settings: settingsSchema,
  engine: v.object({ backend: v.picklist(["wasm", "webgpu"]), device: text }),
  /** Seconds of scoring, over all runs where one was gone on with. */
  seconds: v.pipe(finite, v.minValue(0)),
  /** By row of the catalogue: kept ratings of the training users. */
  popularity: v.array(whole),
});

const figuresSchema = v.object({
  metrics: v.array(metricSchema),
  answers: v.array(answersSchema),
  calibration: v.array(calibrationSchema),
});

const resultSchema = v.pipe(
  v.object({ ...headSchema.entries, ...figuresSchema.entries, cases: v.array(caseSchema) }),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return;
    const reason = firstDisagreement(dataset.value);
    if (reason !== null) addIssue({ message: reason });
  }),
);

export type EvaluationCase = v.InferOutput<typeof caseSchema>;
export type Standing = v.InferOutput<typeof standingSchema>;
export type Problem = v.InferOutput<typeof problemSchema>;
export type Metric = v.InferOutput<typeof metricSchema>;
export type Calibration = v.InferOutput<typeof calibrationSchema>;
export type EvaluationSettings = v.InferOutput<typeof settingsSchema>;
export type EvaluationHead = v.InferOutput<typeof headSchema>;
export type Figures = v.InferOutput<typeof figuresSchema>;
export type EvaluationResult = v.InferOutput<typeof resultSchema>;

/** What no field's own schema sees: lengths and references. Null where all is well. */
function firstDisagreement({ cases, popularity, settings }: EvaluationResult): string | null {
  const known = new Set<string>();
  for (const each of cases) {
    const name = `case ${each.id}, draw ${each.draw}`;
    if (known.has(name)) return `${name} stands there twice`;
    known.add(name);
    const named = [each.target, ...each.history, ...each.candidates];
    if (named.some((row) => row >= popularity.length)) return `${name} names a film beyond the catalogue`;
    for (const [scored, values] of Object.entries(each.scores))
      if (values.length !== each.candidates.length)
        return `${name} has ${values.length} scores of ${scored} for ${each.candidates.length} candidates`;
    if (each.watched.some((place) => place >= each.candidates.length))
      return `${name} marks a candidate that it does not have`;
    if ((settings.protocol === "full") !== (each.catalogue !== null))
      return `${name} does not fit the protocol ${settings.protocol}`;
    if (each.catalogue !== null && each.catalogue.sasrec === undefined)
      return `${name} lacks SASRec's rank of the target`;
    if (each.catalogue === null && !each.candidates.includes(each.target))
      return `${name} lacks its target among the candidates`;
  }
  return null;
}

/** Reads a result. Throws `file-invalid` naming the first field that is wrong. */
export function readResultFile(bytes: Uint8Array, file: string): EvaluationResult {
  return parseJson(bytes, file, resultSchema);
}

/** The document's text, a case a line. */
export function resultFileText({ cases, ...rest }: EvaluationResult): string {
  const head = JSON.stringify(rest, null, 1).slice(0, -2);
  const lines = cases.map((each) => JSON.stringify(each));
  return `${head},\n "cases": [\n${lines.join(",\n")}\n ]\n}\n`;
}
