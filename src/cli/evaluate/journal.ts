/** @file What an unfinished evaluation has scored so far: beside its result, so that a killed run can go on. */
import { createHash } from "node:crypto";
import { appendFile, readFile, rm, truncate, writeFile } from "node:fs/promises";
import * as v from "valibot";
import { FailureError } from "../../core/failure.ts";
import { jsonOrNull } from "../../core/schema.ts";
import { caseSchema, type EvaluationCase } from "../../evaluate/result-file.ts";
import { refuseWrite } from "../output-file.ts";

const entrySchema = v.object({ seconds: v.pipe(v.number(), v.finite(), v.minValue(0)), case: caseSchema });

export interface Journal {
  readonly known: readonly EvaluationCase[];
  /** Of scoring what is known. */
  readonly seconds: number;
  /** The cases and the seconds that scoring them took. */
  add(cases: readonly EvaluationCase[], seconds: number): Promise<void>;
  /** Once the result is written. */
  remove(): Promise<void>;
}

/** Where nothing is written. */
export const NO_JOURNAL: Journal = {
  known: [],
  seconds: 0,
  add: () => Promise.resolve(),
  remove: () => Promise.resolve(),
};

/** Beside the result. */
export function journalPath(out: string): string {
  return `${out}.journal`;
}

/** One text for everything that decides a score: settings in any JSON value. */
export function fingerprintOf(settings: unknown): string {
  return createHash("sha256").update(JSON.stringify(settings)).digest("hex");
}

/**
 * Goes on with the journal at `path`, or begins one; `restart` begins one whatever is there. A last line that a kill cut short is taken off.
 * Rejects with `bad-request` for a journal of another evaluation and `file-invalid` for a line that is no case.
 */
export async function openJournal(path: string, fingerprint: string, restart: boolean): Promise<Journal> {
  const text = restart ? null : await readFile(path, "utf8").catch(() => null);
  const entries = text === null || text === "" ? null : readEntries(text, path, fingerprint);
  if (text === null || entries === null)
    await writeFile(path, `${JSON.stringify({ fingerprint })}\n`).catch(refuseWrite(path));
  else {
    const wholeBytes = Buffer.byteLength(text.slice(0, text.lastIndexOf("\n") + 1));
    await truncate(path, wholeBytes).catch(refuseWrite(path));
  }
  return {
    known: (entries ?? []).map((entry) => entry.case),
    seconds: (entries ?? []).reduce((sum, { seconds }) => sum + seconds, 0),
    async add(cases, seconds) {
      const lines = cases.map((each) => JSON.stringify({ seconds: seconds / cases.length, case: each }));
      await appendFile(path, lines.map((line) => `${line}\n`).join("")).catch(refuseWrite(path));
    },
    remove: () => rm(path, { force: true }),
  };
}

/** Null where not even the first line is whole. */
function readEntries(
  text: string,
  path: string,
  fingerprint: string,
): readonly v.InferOutput<typeof entrySchema>[] | null {
  const whole = text.slice(0, text.lastIndexOf("\n") + 1);
  if (whole === "") return null;
  const [head = "", ...lines] = whole.split("\n").slice(0, -1);
  if (head !== JSON.stringify({ fingerprint }))
    throw new FailureError({
      kind: "bad-request",
      reason: `${path} is of another pack, other data or other settings; give --restart to begin anew, or another --out`,
    });
  return lines.map((line, i) => {
    const parsed = v.safeParse(entrySchema, jsonOrNull(line));
    if (parsed.success) return parsed.output;
    const reason = `line ${i + 2} is no case; give --restart to begin anew`;
    throw new FailureError({ kind: "file-invalid", file: path, reason });
  });
}
