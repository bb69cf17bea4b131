import { existsSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import software from "../../package.json" with { type: "json" };
import { FailureError } from "../core/failure.ts";
import { figuresOf, firstDifference } from "../evaluate/figures.ts";
import { Problems } from "../evaluate/problems.ts";
import {
  type EvaluationResult,
  MODES,
  type Mode,
  NEGATIVE_RULES,
  PROTOCOLS,
  RESULT_SCHEMA,
  readResultFile,
  resultFileText,
} from "../evaluate/result-file.ts";
import { readPackManifest } from "../model/pack-manifest.ts";
import type { Command } from "./command.ts";
import { readDisk } from "./disk-fetcher.ts";
import { agreementText } from "./evaluate/agreement.ts";
import { scoreAll } from "./evaluate/all.ts";
import { casesText } from "./evaluate/cases.ts";
import { type DatasetFiles, readDataset } from "./evaluate/dataset.ts";
import { fingerprintOf, journalPath, NO_JOURNAL, openJournal } from "./evaluate/journal.ts";
import { mergeFiles } from "./evaluate/merge.ts";
import { type Plan, type PlanOptions, planEvaluation } from "./evaluate/plan.ts";
import { readReference } from "./evaluate/reference.ts";
import { problemLines, resultText } from "./evaluate/table.ts";
import { type Recommender, withRecommender } from "./open-recommender.ts";
import { checkWritable, writeWhole } from "./output-file.ts";
import { packageRoot } from "./package-root.ts";
import {
  BACKEND_HELP,
  BACKEND_OPTIONS,
  choiceOption,
  deviceOption,
  listOptions,
  PACK_OPTIONS,
  parse,
  UsageError,
  wholeOption,
} from "./usage.ts";

const DEFAULT_MODES = "popularity,sasrec,text,hybrid,fused";

export const evaluateCommand: Command = {
  name: "evaluate",
  summary: "how good the recommendations are, on any data set",
  help: `Usage: becausal evaluate --dataset FOLDER | --cases FILE [options]
       becausal evaluate --recompute RESULT [--against FILE]
       becausal evaluate --merge RESULT RESULT... --cases FILE --out FILE

  --dataset FOLDER       RecBole's NAME.inter and NAME.item, MovieLens's ratings.csv and movies.csv, or ml-100k's u.data and u.item
  --cases FILE           a case a line: {"id": 1, "history": ["Heat (1995)", 12], "target": 7}; "candidates" and "user" may stand beside.
                         With --dataset too, popularity, knn and markov are fitted on that
  --mode LIST            of ${MODES.join(", ")} (default ${DEFAULT_MODES})
  --protocol NAME        llara (last targets, 20 candidates, many draws; default), windows (every window, 20 candidates),
                         full (the whole catalogue) or given (the candidates of --cases)
  --draws N              of candidates in llara (default 50)
  --negatives RULE       ${NEGATIVE_RULES.join(" or ")} (default the first)
  --split TRAIN,VALID    users that train and validate, the rest tests (default: the pack's split or 80 %, 10 %)
  --slate N              films that the language model reranks in full (default: the pack's number)
  --limit N              so many questions, drawn by --seed
  --seed N               of --limit and of the intervals (default 0)
  --out FILE             write the result with every case's scores; goes on where a killed run of the same command stopped
  --restart              do not go on
  --export-cases FILE    write the cases and stop
  --recompute RESULT     compute the figures of a result again from its cases, without a model
  --merge RESULT...      put the results of shards of --cases together (docs/scaling.md), without a model
  --against FILE         compare the scores with those of the same cases in FILE (a case a line with "scores"); fails where they differ
${BACKEND_HELP}
  --pack NAME|FOLDER     a shipped pack by name (movies, ml-100k) or a folder (default movies)
  --items FILE           titles for a pack that may not hold them (default: those of --dataset)
  --base FILE            the GGUF that the pack was trained on, where that is not the shipped base
  --json                 print the figures as JSON`,

  async run(args) {
    const { values, tokens } = parse({
      args: [...args],
      allowPositionals: true,
      tokens: true,
      options: {
        dataset: { type: "string" },
        cases: { type: "string" },
        mode: { type: "string", default: DEFAULT_MODES },
        protocol: { type: "string" },
        draws: { type: "string" },
        negatives: { type: "string", default: NEGATIVE_RULES[0] },
        split: { type: "string" },
        slate: { type: "string" },
        limit: { type: "string" },
        seed: { type: "string", default: "0" },
        out: { type: "string" },
        restart: { type: "boolean", default: false },
        "export-cases": { type: "string" },
        recompute: { type: "string" },
        merge: { type: "string", multiple: true },
        against: { type: "string" },
        ...BACKEND_OPTIONS,
        ...PACK_OPTIONS,
        json: { type: "boolean", default: false },
      },
    });
    const { merge: shards } = listOptions(["merge"], tokens);
    const { dataset: folder, cases, recompute, against, out, json } = values;
    const answer = (result: EvaluationResult) =>
      json ? JSON.stringify({ ...result, cases: undefined }, null, 1) : resultText(result);
    const reference = against === undefined ? null : await readReference(resolve(against), basename(against));
    const checked = (result: EvaluationResult) =>
      reference === null
        ? answer(result)
        : `${answer(result)}\n\n${agreementText(result, reference, basename(against ?? ""))}`;
    if (recompute !== undefined) {
      if (folder !== undefined || cases !== undefined)
        throw new UsageError("--recompute takes a result instead of --dataset and --cases");
      return checked(await recomputed(recompute));
    }
    if (shards.length > 0) {
      if (cases === undefined || folder !== undefined)
        throw new UsageError("--merge takes the results of shards and, as --cases, the file that was cut");
      if (out !== undefined) await checkWritable(out);
      const merged = await mergeFiles(shards, cases, commandOf(args));
      if (out !== undefined) await writeWhole(out, resultFileText(merged));
      return checked(merged);
    }
    if (folder === undefined && cases === undefined) throw new UsageError("--dataset or --cases is needed");
    const exportTo = values["export-cases"];
    const device = deviceOption(values);
    const optional = (name: "draws" | "slate" | "limit", most: number) =>
      values[name] === undefined ? null : wholeOption(name, values[name], 1, most);
    const planned: Omit<PlanOptions, "dataset"> = {
      cases: cases ?? null,
      modes: modesOption(values.mode),
      protocol: values.protocol === undefined ? null : choiceOption("protocol", values.protocol, PROTOCOLS),
      draws: optional("draws", 10_000),
      negatives: choiceOption("negatives", values.negatives, NEGATIVE_RULES),
      split: values.split === undefined ? null : splitOption(values.split),
      slate: optional("slate", 1000),
      seed: wholeOption("seed", values.seed, 0, 2 ** 32 - 1),
      limit: optional("limit", 1e9),
    };
    const written = [out, out === undefined ? undefined : journalPath(out), exportTo];
    for (const file of written) if (file !== undefined) await checkWritable(file);
    const pack = packFolder(values.pack);
    const problems = new Problems();
    const dataset = folder === undefined ? null : await readDataset(folder, problems);
    const items = values.items ?? (await itemsFor(pack, dataset));
    const files = { pack, items, base: values.base };
    return withRecommender({ ...device, ...files }, async (recommender) => {
      const plan = await planEvaluation({ ...planned, dataset }, recommender, problems);
      for (const line of problemLines(problems.named, problems.count)) process.stderr.write(`${line}\n`);
      if (exportTo !== undefined) {
        await writeWhole(exportTo, casesText(plan.questions));
        return `${exportTo}: ${plan.questions.length} cases.`;
      }
      const head = headOf(plan, recommender, problems, args);
      const { command: _command, version: _version, engine, ...decides } = head;
      const fingerprint = fingerprintOf({ ...decides, backend: engine.backend });
      const journal =
        out === undefined ? NO_JOURNAL : await openJournal(journalPath(out), fingerprint, values.restart);
      const { scored, seconds } = await scoreAll(plan, recommender, journal);
      const source = { ...head, seconds, cases: scored };
      const result: EvaluationResult = { ...source, ...figuresOf(source) };
      if (out !== undefined) {
        await writeWhole(out, resultFileText(result));
        await journal.remove();
      }
      return checked(result);
    });
  },
};

async function recomputed(path: string): Promise<EvaluationResult> {
  const result = readResultFile(await readDisk(resolve(path)), path);
  const difference = firstDifference(result);
  if (difference !== null) throw new FailureError({ kind: "file-invalid", file: path, reason: difference });
  return result;
}

/** What is known before the first case is scored. */
function headOf(
  { settings, data, popularity }: Plan,
  { engine, manifest }: Recommender,
  problems: Problems,
  args: readonly string[],
): Omit<EvaluationResult, "seconds" | "cases" | "metrics" | "answers" | "calibration"> {
  return {
    schema: RESULT_SCHEMA,
    command: commandOf(args),
    version: software.version,
    pack: {
      name: manifest.name,
      adapterSha256: manifest.adapter.sha256,
      sasrecSha256: manifest.sasrec.sha256,
      catalogueSha256: manifest.catalogue.sha256,
      beta: manifest.fusion.beta,
      promptItems: manifest.prompt.historyItems,
      recommenderItems: manifest.sasrec.maxLength,
    },
    base: manifest.base,
    data: { ...data, problems: problems.named, problemCount: problems.count },
    settings,
    engine: { backend: engine.backend, device: engine.adapterName },
    popularity: [...popularity],
  };
}

function commandOf(args: readonly string[]): string {
  return ["npx becausal evaluate", ...args.map(shellWord)].join(" ");
}

function shellWord(word: string): string {
  return /^[\w./=,:@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

function modesOption(value: string): readonly Mode[] {
  const named = value.split(",").map((name) => choiceOption("mode", name.trim(), MODES));
  return MODES.filter((mode) => named.includes(mode));
}

function splitOption(value: string): readonly [number, number] {
  const [train, validation, ...more] = value.split(",");
  if (train === undefined || validation === undefined || more.length > 0)
    throw new UsageError("--split is two whole numbers of users, as in 754,94");
  return [wholeOption("split", train, 1, 1e9), wholeOption("split", validation, 0, 1e9)];
}

/** A shipped pack by its name; undefined: the default; anything else is a folder. */
function packFolder(pack: string | undefined): string | undefined {
  if (pack === undefined || /[\\/]/.test(pack)) return pack;
  const shipped = join(packageRoot(), "public", "packs", pack);
  return existsSync(join(shipped, "manifest.json")) ? shipped : pack;
}

/** The data set's own titles, where the pack needs some. */
async function itemsFor(pack: string | undefined, dataset: DatasetFiles | null): Promise<string | undefined> {
  if (pack === undefined || dataset === null || dataset.itemsPath === null) return undefined;
  const path = join(resolve(pack), "manifest.json");
  const { catalogue } = readPackManifest(await readDisk(path), path);
  return catalogue.titles === "needed" ? dataset.itemsPath : undefined;
}
