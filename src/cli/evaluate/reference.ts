/** @file Scores of the same cases by another runtime: a case a line. */
import * as v from "valibot";
import { FailureError } from "../../core/failure.ts";
import { jsonOrNull } from "../../core/schema.ts";
import type { ReferenceCase } from "../../evaluate/agreement.ts";
import { caseSchema } from "../../evaluate/result-file.ts";
import { readLines } from "./lines.ts";

const lineSchema = v.pipe(
  v.object({
    id: v.union([v.string(), v.pipe(v.number(), v.safeInteger(), v.transform(String))]),
    draw: v.optional(caseSchema.entries.draw, 0),
    candidates: caseSchema.entries.candidates,
    scores: caseSchema.entries.scores,
  }),
  v.check(
    ({ candidates, scores }) => Object.values(scores).every((values) => values.length === candidates.length),
    "there are not as many scores as candidates",
  ),
);

/** Rejects with `file-missing`, or with `file-invalid` naming the first line that is no scored case. */
export async function readReference(path: string, file: string): Promise<readonly ReferenceCase[]> {
  const cases: ReferenceCase[] = [];
  await readLines(path, file, (line, number) => {
    if (line.trim() === "") return;
    const parsed = v.safeParse(lineSchema, jsonOrNull(line), { abortEarly: true });
    if (!parsed.success) {
      const [issue] = parsed.issues;
      const where = v.getDotPath(issue);
      const reason = `line ${number}${where === null ? "" : `, ${where}`}: ${issue.message}`;
      throw new FailureError({ kind: "file-invalid", file, reason });
    }
    cases.push(parsed.output);
  });
  return cases;
}
