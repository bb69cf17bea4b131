/**
 * @file A file of predictions to explain, one JSON object a line (docs/formats.md, section 9). Input from outside: a line that is no case is
 * named with its number, and none is left out.
 */
import * as v from "valibot";
import { FailureError } from "../core/failure.ts";
import { type ItemId, itemId } from "../core/ids.ts";
import { MAX_ITEMS, parseJsonLine, wholeSchema } from "../core/schema.ts";
import { quoted } from "../model/quoted.ts";

export interface Case {
  readonly id: string;
  /** Whose prediction it is: cases of one user are alike, and are drawn again together. A case without a user is its own. */
  readonly user: string;
  /** Kept items, oldest first. */
  readonly history: readonly ItemId[];
  readonly target: ItemId;
  /** The slate that the target was chosen from, the target among them; null where the case has none. */
  readonly candidates: readonly ItemId[] | null;
  /** The item that is known to decide, and one that is known not to: places in `history`. */
  readonly cause: number | null;
  readonly distractor: number | null;
}

export interface CaseReading {
  /** How failures name the file. */
  readonly file: string;
  /** Rows of the catalogue. */
  readonly items: number;
  /** How many of the last items are explained: a cause before them cannot be found. */
  readonly explained: number;
  /** A film by its name. Null where none or several are meant. */
  readonly find: (name: string) => ItemId | null;
}

const MOST_BYTES = 256 * 2 ** 20;
const MOST_HISTORY = 10_000;
const MOST_CANDIDATES = 1_000;
/** Bad lines that a failure quotes; the rest are counted. */
const QUOTED_LINES = 10;

const film = v.union(
  [wholeSchema(0, MAX_ITEMS - 1), v.pipe(v.string(), v.minLength(1), v.maxLength(500))],
  "expected a film's number or name",
);
const caseName = v.union(
  [v.pipe(v.string(), v.minLength(1), v.maxLength(200)), v.pipe(v.number(), v.safeInteger())],
  "expected a name or a whole number",
);
const caseSchema = v.object({
  id: caseName,
  user: v.exactOptional(caseName),
  history: v.pipe(v.array(film), v.minLength(1), v.maxLength(MOST_HISTORY)),
  target: film,
  candidates: v.exactOptional(v.pipe(v.array(film), v.minLength(1), v.maxLength(MOST_CANDIDATES))),
  cause: v.exactOptional(film),
  distractor: v.exactOptional(film),
});

/** Rejects a file with any bad line: throws `file-invalid` with the number and the reason of the first few. */
export function readCases(bytes: Uint8Array, reading: CaseReading): readonly Case[] {
  const invalid = (reason: string) => new FailureError({ kind: "file-invalid", file: reading.file, reason });
  if (bytes.byteLength > MOST_BYTES)
    throw invalid(`it has ${bytes.byteLength} bytes, the limit is ${MOST_BYTES}`);
  const cases: Case[] = [];
  const lineOf = new Map<string, number>();
  const bad: string[] = [];
  for (const [index, line] of decode(bytes, invalid).split(/\r?\n/).entries()) {
    if (line.trim() === "") continue;
    const read = readLine(line, reading);
    const earlier = typeof read === "string" ? undefined : lineOf.get(read.id);
    if (typeof read === "string") bad.push(`line ${index + 1}: ${read}`);
    else if (earlier !== undefined)
      bad.push(`line ${index + 1}: the id ${quoted(read.id)} is that of line ${earlier}`);
    else {
      lineOf.set(read.id, index + 1);
      cases.push(read);
    }
  }
  if (bad.length > 0) {
    const more = bad.length > QUOTED_LINES ? `; and ${bad.length - QUOTED_LINES} more` : "";
    throw invalid(`${bad.slice(0, QUOTED_LINES).join("; ")}${more}`);
  }
  if (cases.length === 0) throw invalid("it has no case");
  return cases;
}

/** The case of a line, or why there is none. */
function readLine(line: string, { items, explained, find }: CaseReading): Case | string {
  const parsed = parseJsonLine(line, caseSchema, "the line");
  if (typeof parsed === "string") return parsed;
  const unknown: string[] = [];
  const itemOf = (named: number | string): ItemId => {
    const item = typeof named === "string" ? find(named) : named < items ? itemId(named) : null;
    if (item === null) unknown.push(typeof named === "string" ? quoted(named) : `number ${named}`);
    return item ?? itemId(0);
  };
  const history = parsed.history.map(itemOf);
  const target = itemOf(parsed.target);
  const candidates = parsed.candidates?.map(itemOf) ?? null;
  const [cause, distractor] = [parsed.cause, parsed.distractor].map((named) =>
    named === undefined ? null : itemOf(named),
  );
  if (unknown.length > 0) return `${unknown.slice(0, 3).join(", ")} is no film of the pack`;
  if (history.includes(target)) return "the target is in the history";
  if (candidates !== null && !candidates.includes(target)) return "the target is not among the candidates";
  const placeOf = (item: ItemId | null | undefined) =>
    item === null || item === undefined ? null : history.lastIndexOf(item);
  const [causePlace = null, distractorPlace = null] = [cause, distractor].map(placeOf);
  const firstExplained = Math.max(0, history.length - explained);
  for (const [name, place] of [
    ["cause", causePlace],
    ["distractor", distractorPlace],
  ] as const)
    if (place !== null && place < firstExplained)
      return `the ${name} is not among the last ${explained} films of the history, which are explained`;
  return {
    id: String(parsed.id),
    user: parsed.user === undefined ? `case ${parsed.id}` : `user ${parsed.user}`,
    history,
    target,
    candidates,
    cause: causePlace,
    distractor: distractorPlace,
  };
}

function decode(bytes: Uint8Array, invalid: (reason: string) => FailureError): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw invalid("it is not UTF-8 text");
  }
}
