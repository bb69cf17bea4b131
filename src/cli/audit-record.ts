/** @file What an audit of many cases has found so far, on disk: each case is there as soon as it is done, so that a killed run can go on. */
import { appendFile, readFile, writeFile } from "node:fs/promises";
import * as v from "valibot";
import type { CaseNumbers } from "../attribution/case-audit.ts";
import { FailureError } from "../core/failure.ts";
import { jsonOrNull } from "../core/schema.ts";
import { refuseWrite } from "./output-file.ts";

/** A case that could not be explained, and why. */
export interface FailedCase {
  readonly id: string;
  readonly failed: string;
}

export type CaseRecord = CaseNumbers | FailedCase;

const number = v.pipe(v.number(), v.finite());
const figures = v.object({
  deletionAuc: number,
  insertionAuc: number,
  comprehensiveness: number,
  sufficiency: number,
});
const both = { faithfulness: figures, normalised: v.nullable(figures) };
const recordSchema = v.union([
  v.object({ id: v.string(), failed: v.string() }),
  v.object({
    id: v.string(),
    user: v.string(),
    items: number,
    whole: number,
    completenessError: number,
    ...both,
    byChance: v.nullable(v.object(both)),
    deletion: v.nullable(v.object({ top: number, random: number })),
    randomised: v.nullable(number),
    targetRank: v.nullable(number),
    planted: v.nullable(v.object({ isTop: v.boolean(), cause: number, distractor: v.nullable(number) })),
    forwardPasses: number,
  }),
]) satisfies v.GenericSchema<unknown, CaseRecord>;

/** Beside the result: the settings in the first line, then a case a line. */
export function linesFile(out: string): string {
  return `${out}.lines`;
}

/** The lines file from its beginning, whatever it held. */
export async function startRecord(file: string, settings: unknown): Promise<void> {
  await writeFile(file, `${JSON.stringify(settings)}\n`).catch(refuseWrite(file));
}

export async function addRecord(file: string, record: CaseRecord): Promise<void> {
  await appendFile(file, `${JSON.stringify(record)}\n`).catch(refuseWrite(file));
}

/**
 * The cases that a run with the same settings has recorded; null where there is no such file. A last line that a kill cut short is taken off.
 * Rejects with `bad-request` where the settings are others and with `file-invalid` for any other line that is no record.
 */
export async function readRecords(file: string, settings: unknown): Promise<readonly CaseRecord[] | null> {
  const text = await readFile(file, "utf8").catch(() => null);
  if (text === null) return null;
  const whole = text.slice(0, text.lastIndexOf("\n") + 1);
  const [head, ...lines] = whole.split("\n").slice(0, -1);
  if (head !== JSON.stringify(settings))
    throw new FailureError({
      kind: "bad-request",
      reason: `${file} is of other cases, another model or another method; leave --resume out to begin anew`,
    });
  const records = lines.map((line, i) => {
    const parsed = v.safeParse(recordSchema, jsonOrNull(line));
    if (parsed.success) return parsed.output;
    const reason = `line ${i + 2} is no record of a case; leave --resume out to begin anew`;
    throw new FailureError({ kind: "file-invalid", file, reason });
  });
  if (whole !== text) await writeFile(file, whole).catch(refuseWrite(file));
  return records;
}
