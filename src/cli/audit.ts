import { basename, resolve } from "node:path";
import { auditCase, type CaseMethod, type CaseNumbers } from "../attribution/case-audit.ts";
import { type Estimate, summarise } from "../attribution/case-summary.ts";
import { type Case, readCases } from "../attribution/cases.ts";
import { toFailure } from "../core/failure.ts";
import { sha256 } from "../model/sha256.ts";
import {
  addRecord,
  type CaseRecord,
  type FailedCase,
  linesFile,
  readRecords,
  startRecord,
} from "./audit-record.ts";
import type { Command } from "./command.ts";
import { readDisk } from "./disk-fetcher.ts";
import { METHOD_HELP, METHOD_OPTIONS, methodOption } from "./method-options.ts";
import { type Recommender, withRecommender } from "./open-recommender.ts";
import { checkWritable, writeWhole } from "./output-file.ts";
import { makeProgress } from "./progress.ts";
import { textTable } from "./text-table.ts";
import {
  BACKEND_HELP,
  BACKEND_OPTIONS,
  deviceOption,
  PACK_HELP,
  PACK_OPTIONS,
  parse,
  UsageError,
  wholeOption,
} from "./usage.ts";

export const auditCommand: Command = {
  name: "audit",
  summary: "how faithful the explanations of a file of cases are",
  help: `Usage: becausal audit --cases FILE [options]

  --cases FILE           a case a line: {"id": 1, "history": ["Heat (1995)", 12], "target": 7}, films by name or number;
                         "user" (whose case it is), "candidates" (a slate with the target), "cause" and "distractor" (films of
                         the history) may stand beside
  --limit N              the first N cases only
${METHOD_HELP}
  --random-orders        also the curves of random orders, to compare with; takes half as long again
  --out FILE             write the result and every case's numbers; FILE.lines has them as they come
  --resume               go on with what FILE.lines has
${BACKEND_HELP}
${PACK_HELP}
  --json                 machine-readable`,

  async run(args) {
    const { values } = parse({
      args: [...args],
      options: {
        cases: { type: "string" },
        limit: { type: "string" },
        ...METHOD_OPTIONS,
        "random-orders": { type: "boolean", default: false },
        out: { type: "string" },
        resume: { type: "boolean", default: false },
        ...BACKEND_OPTIONS,
        ...PACK_OPTIONS,
        json: { type: "boolean", default: false },
      },
    });
    const { out, resume, cases: casesFile } = values;
    if (casesFile === undefined) throw new UsageError("--cases is needed");
    if (resume && out === undefined) throw new UsageError("--resume is for --out");
    const limit =
      values.limit === undefined ? Number.POSITIVE_INFINITY : wholeOption("limit", values.limit, 1, 1e9);
    const method = { ...methodOption(values), byChance: values["random-orders"] };
    const device = deviceOption(values);
    if (out !== undefined) for (const file of [out, linesFile(out)]) await checkWritable(file);
    const bytes = await readDisk(resolve(casesFile));
    const folders = { pack: values.pack, items: values.items, base: values.base };
    return withRecommender({ ...device, ...folders }, async (recommender) => {
      const { films, manifest, engine } = recommender;
      const every = readCases(bytes, {
        file: basename(casesFile),
        items: films.length,
        explained: Math.min(manifest.prompt.historyItems, manifest.sasrec.maxLength),
        find: (name) => recommender.exact(name)?.id ?? null,
      });
      const cases = every.slice(0, limit);
      const settings = {
        schema: "becausal-audit/1",
        casesSha256: await sha256(bytes),
        pack: { name: manifest.name, adapterSha256: manifest.adapter.sha256 },
        base: manifest.base.sha256,
        backend: engine.backend,
        ...method,
      };
      const lines = out === undefined ? null : linesFile(out);
      const known = lines === null || !resume ? null : await readRecords(lines, settings);
      if (lines !== null && known === null) await startRecord(lines, settings);
      const records = await auditAll(cases, method, recommender, known ?? [], async (record) => {
        if (lines !== null) await addRecord(lines, record);
      });
      const measured = records.filter((record): record is CaseNumbers => !("failed" in record));
      const result = {
        ...settings,
        device: engine.adapterName,
        cases: cases.length,
        failed: records.filter((record): record is FailedCase => "failed" in record),
        summary: summarise(measured, method.seed),
      };
      if (out !== undefined)
        await writeWhole(out, `${JSON.stringify({ ...result, records: measured }, null, 1)}\n`);
      return values.json ? JSON.stringify(result, null, 1) : toText(result, every.length);
    });
  },
};

/** In the order of the cases; what is known already is not done again. */
async function auditAll(
  cases: readonly Case[],
  method: CaseMethod,
  recommender: Recommender,
  known: readonly CaseRecord[],
  onRecord: (record: CaseRecord) => Promise<void>,
): Promise<readonly CaseRecord[]> {
  const { score, standIns, manifest } = recommender;
  const parts = {
    score,
    randomised: recommender.controlScore(method.seed),
    standIns,
    promptItems: manifest.prompt.historyItems,
    recommenderItems: manifest.sasrec.maxLength,
  };
  const progress = makeProgress();
  const before = new Map(known.map((record) => [record.id, record]));
  const records: CaseRecord[] = [];
  for (const each of cases) {
    progress.tell("cases", records.length, cases.length);
    const earlier = before.get(each.id);
    const record =
      earlier ??
      (await auditCase(each, method, parts).catch((thrown: unknown): CaseRecord => {
        const failure = toFailure(thrown);
        // Only what is wrong with this one question; anything else would go wrong with the next case too.
        if (failure.kind !== "bad-request") throw thrown;
        return { id: each.id, failed: failure.reason };
      }));
    if (earlier === undefined) await onRecord(record);
    records.push(record);
  }
  progress.end();
  return records;
}

function toText(
  result: {
    readonly summary: readonly Estimate[];
    readonly cases: number;
    readonly failed: readonly FailedCase[];
    readonly method: string;
    readonly question: string;
    readonly backend: string;
    readonly device: string;
  },
  inFile: number,
): string {
  const { summary, cases, failed, method, question, backend, device } = result;
  const number = (value: number) =>
    value !== 0 && Math.abs(value) < 1e-3 ? value.toExponential(1) : value.toFixed(3);
  return [
    textTable(
      [
        ["", "value", "95 % interval", "n", "users"],
        ...summary.map(({ name, value, low, high, n, users }) => [
          name,
          number(value),
          `${number(low)} to ${number(high)}`,
          `${n}`,
          `${users}`,
        ]),
      ],
      ["left", "right", "right", "right", "right"],
    ),
    "",
    `${method}, ${question}; ${cases} of the file's ${inFile} cases on ${backend} (${device}). Intervals: users drawn again 1,000 times, each with all cases.`,
    ...failed.map((record) =>
      "failed" in record ? `Case ${record.id} is not in it: ${record.failed}.` : "",
    ),
  ].join("\n");
}
