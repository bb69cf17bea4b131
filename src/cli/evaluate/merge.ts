/** @file Results of shards and the file of cases that was cut into them, for `evaluate --merge`. */
import { basename, resolve } from "node:path";
import { FailureError } from "../../core/failure.ts";
import { mergeShards } from "../../evaluate/merge.ts";
import { Problems } from "../../evaluate/problems.ts";
import { type EvaluationResult, readResultFile } from "../../evaluate/result-file.ts";
import { readDisk } from "../disk-fetcher.ts";
import { readCasesFile } from "./cases.ts";

/** Rejects with `file-invalid` where a file is not what it should be, and with `bad-request` where they do not belong together. */
export async function mergeFiles(
  shards: readonly string[],
  cases: string,
  command: string,
): Promise<EvaluationResult> {
  const read = await Promise.all(
    shards.map(async (path) => {
      const file = basename(path);
      return { file: path, result: readResultFile(await readDisk(resolve(path)), file) };
    }),
  );
  const items = read[0]?.result.popularity.length ?? 0;
  const problems = new Problems();
  const file = basename(cases);
  // Without a model there are no titles to look up: the file is the one that --export-cases wrote, which has rows.
  const names = { items, find: () => null };
  const { questions, note } = await readCasesFile(resolve(cases), file, names, problems);
  const [problem] = problems.named;
  if (problem !== undefined)
    throw new FailureError({
      kind: "file-invalid",
      file: cases,
      reason: `line ${problem.line}: ${problem.reason}; shards are merged by the file that --export-cases wrote`,
    });
  const whole = questions.map(({ question }) => question);
  return mergeShards(read, { file, note, cases: whole }, command);
}
