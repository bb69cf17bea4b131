/** @file A file of cases: a question a line, for `evaluate --cases`; and the same written. */
import * as v from "valibot";
import { FailureError } from "../../core/failure.ts";
import { parseJsonLine, wholeSchema } from "../../core/schema.ts";
import type { Problems } from "../../evaluate/problems.ts";
import type { Question } from "../../evaluate/questions.ts";
import { quoted } from "../../model/quoted.ts";
import { readLines } from "./lines.ts";

export interface CasesFile {
  readonly questions: readonly NumberedQuestion[];
  readonly note: {
    readonly file: string;
    readonly sha256: string;
    readonly rows: number;
    readonly badRows: number;
  };
}

export interface NumberedQuestion {
  readonly question: Question;
  /** From 0, among the lines of the file. */
  readonly line: number;
}

export interface CaseNames {
  /** Films of the catalogue. */
  readonly items: number;
  /** A film's row by its name; null where none or several are meant. */
  find(name: string): number | null;
}

const MOST_CASES = 10_000_000;
const film = v.union(
  [wholeSchema(0, Number.MAX_SAFE_INTEGER), v.pipe(v.string(), v.minLength(1), v.maxLength(500))],
  "expected a film's row or name",
);
const idSchema = v.union(
  [v.pipe(v.string(), v.minLength(1), v.maxLength(200)), v.pipe(v.number(), v.safeInteger())],
  "expected a text or a whole number",
);
const lineSchema = v.object({
  id: idSchema,
  user: v.exactOptional(idSchema),
  draw: v.exactOptional(wholeSchema(0, 2 ** 20 - 1)),
  history: v.pipe(v.array(film), v.minLength(1), v.maxLength(100_000)),
  seen: v.exactOptional(v.pipe(v.array(film), v.maxLength(100_000))),
  target: film,
  candidates: v.exactOptional(v.pipe(v.array(film), v.minLength(2), v.maxLength(1_000))),
});

/** Reads the cases; a line that is none becomes a problem. Rejects with `file-missing`, or `file-invalid` where no case is left. */
export async function readCasesFile(
  path: string,
  file: string,
  names: CaseNames,
  problems: Problems,
): Promise<CasesFile> {
  const questions: NumberedQuestion[] = [];
  const lineOf = new Map<string, number>();
  let [rows, badRows] = [0, 0];
  const { sha256 } = await readLines(path, file, (text, number) => {
    if (text.trim() === "") return;
    rows++;
    const read = rows > MOST_CASES ? `there are more than ${MOST_CASES} cases` : readCase(text, names);
    const earlier = typeof read === "string" ? undefined : lineOf.get(`${read.draw} ${read.id}`);
    if (typeof read === "string" || earlier !== undefined) {
      badRows++;
      problems.add(file, number, typeof read === "string" ? read : `its id is that of line ${earlier}`);
      return;
    }
    lineOf.set(`${read.draw} ${read.id}`, number);
    questions.push({ question: read, line: number - 1 });
  });
  if (questions.length === 0) {
    const [first] = problems.named.filter((problem) => problem.file === file);
    const why = first === undefined ? "" : `; line ${first.line}: ${first.reason}`;
    throw new FailureError({ kind: "file-invalid", file, reason: `it has no case that can be asked${why}` });
  }
  return { questions, note: { file, sha256, rows, badRows } };
}

/** The question of a line, or why there is none. */
function readCase(text: string, { items, find }: CaseNames): Question | string {
  const parsed = parseJsonLine(text, lineSchema, "the line");
  if (typeof parsed === "string") return parsed;
  const unknown: string[] = [];
  const rowOf = (named: number | string): number => {
    const row = typeof named === "string" ? find(named) : named < items ? named : null;
    if (row === null) unknown.push(typeof named === "string" ? quoted(named) : `row ${named}`);
    return row ?? 0;
  };
  const { id, user = id, draw = 0 } = parsed;
  const history = parsed.history.map(rowOf);
  const seen = [...(parsed.seen ?? []).map(rowOf), ...history];
  const target = rowOf(parsed.target);
  const candidates = parsed.candidates?.map(rowOf) ?? null;
  if (unknown.length > 0) return `${unknown.slice(0, 3).join(", ")}: no film of the pack, or several`;
  if (candidates !== null && !candidates.includes(target)) return "the target is not among the candidates";
  if (candidates !== null && new Set(candidates).size < candidates.length)
    return "a candidate stands there twice";
  return { id: String(id), user: String(user), draw, history, seen, target, candidates };
}

/** Questions as such a file. */
export function casesText(questions: readonly Question[]): string {
  return questions
    .map(
      ({ candidates, ...rest }) =>
        `${JSON.stringify(candidates === null ? rest : { ...rest, candidates })}\n`,
    )
    .join("");
}
