/**
 * @file The log that learning reads, one JSON object a line (docs/learning.md). Input from outside: a bad line is counted and named, and does not
 * spoil the others.
 */
import * as v from "valibot";
import { FailureError } from "../core/failure.ts";
import {
  finiteSchema,
  fractionSchema,
  itemIdSchema,
  parseJsonLine,
  parseValue,
  wholeSchema,
} from "../core/schema.ts";

const MOST_BYTES = 256 * 2 ** 20;
/** Films on a slate. */
export const MOST_PLACES = 20;
/** Films of a history. */
export const MOST_HISTORY = 10_000;
/** Bad lines that are named; the rest are counted. */
const NAMED_LINES = 10;

const milliseconds = wholeSchema(0, Number.MAX_SAFE_INTEGER);
const perPlace = v.array(fractionSchema);

const common = {
  /** When it was shown, milliseconds since 1970. */
  t: milliseconds,
  /** The version of the policy that was in force. */
  policyVersion: wholeSchema(0, 1e9),
  /** The history that the slate was made for, oldest first. */
  historyIds: v.pipe(v.array(itemIdSchema), v.maxLength(MOST_HISTORY)),
  slateIds: v.pipe(v.array(itemIdSchema), v.minLength(1), v.maxLength(MOST_PLACES)),
  /** Place in `slateIds` of the film that was shown or chosen. */
  a: wholeSchema(0, MOST_PLACES - 1),
  /** Where on the page, from 0. */
  position: wholeSchema(0, 10_000),
  visibleMs: v.pipe(finiteSchema, v.minValue(0)),
  /** 1 liked, 0 dismissed or ignored; null while there is no outcome. */
  y: v.nullable(fractionSchema),
  tOutcome: v.nullable(milliseconds),
  /** Whose row it is, where a log holds several people's. */
  user: v.exactOptional(v.pipe(v.string(), v.minLength(1), v.maxLength(200))),
};

const slotRowSchema = v.object({
  ...common,
  source: v.literal("slot"),
  /** p(a | x) over the slate. */
  p: perPlace,
  eps: fractionSchema,
  randomised: v.boolean(),
  seed: wholeSchema(0, 2 ** 32 - 1),
  counter: wholeSchema(0, 2 ** 32 - 1),
  /** A reward model's ghat over the slate, from before the outcome. */
  fitted: v.exactOptional(perPlace),
  /** s_0 over the slate, nats: the scores without anything learned. A row without them can be valued, not learned from. */
  baseScores: v.exactOptional(v.array(finiteSchema)),
});

const observedRowSchema = v.object({
  ...common,
  /** Chosen by the person, or read from elsewhere: nobody knows with what probability. */
  source: v.picklist(["userSearch", "import"]),
  /** A propensity that nobody drew with would be an invention. */
  p: v.exactOptional(v.null()),
});

const rowSchema = v.pipe(
  v.variant("source", [slotRowSchema, observedRowSchema]),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return;
    const reason = disagreement(dataset.value);
    if (reason !== null) addIssue({ message: reason });
  }),
);

/** A row whose film the app drew: it can correct an estimate. */
export type SlotRow = v.InferOutput<typeof slotRowSchema>;
/** A row whose film came about otherwise: it can teach a reward model and no more. */
export type ObservedRow = v.InferOutput<typeof observedRowSchema>;
export type LogRow = SlotRow | ObservedRow;

/** What no field's own schema sees. Null where all is well. */
function disagreement(row: LogRow): string | null {
  const places = row.slateIds.length;
  if (new Set(row.slateIds).size !== places) return "slateIds names a film twice";
  if (row.a >= places) return `a is ${row.a} in a slate of ${places}`;
  if (row.tOutcome !== null && row.tOutcome < row.t) return "tOutcome is before t";
  if (row.source !== "slot") return null;
  if (row.p.length !== places) return `p has ${row.p.length} numbers for ${places} films`;
  if (row.fitted !== undefined && row.fitted.length !== places)
    return `fitted has ${row.fitted.length} numbers for ${places} films`;
  if (row.baseScores !== undefined && row.baseScores.length !== places)
    return `baseScores has ${row.baseScores.length} numbers for ${places} films`;
  const total = row.p.reduce((sum, p) => sum + p, 0);
  if (Math.abs(total - 1) > 1e-6) return `p sums to ${total}`;
  return row.p[row.a] === 0 ? "p is 0 for the film that was drawn" : null;
}

/** The row, or in words what is wrong with it. */
export function asLogRow(value: unknown): LogRow | string {
  return parseValue(value, rowSchema, null);
}

export interface NumberedRow {
  /** Line of the file, from 1. */
  readonly line: number;
  readonly row: LogRow;
}

export interface LogReading {
  readonly rows: readonly NumberedRow[];
  readonly badLines: number;
  /** The first few bad lines. */
  readonly problems: readonly { readonly line: number; readonly reason: string }[];
}

/** Throws `file-invalid` where nothing can be read: too large, no text, or no good row. */
export function readLog(bytes: Uint8Array, file: string): LogReading {
  const invalid = (reason: string) => new FailureError({ kind: "file-invalid", file, reason });
  if (bytes.byteLength > MOST_BYTES)
    throw invalid(`it has ${bytes.byteLength} bytes, the limit is ${MOST_BYTES}`);
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw invalid("it is not UTF-8 text");
  }
  const rows: NumberedRow[] = [];
  const bad: { line: number; reason: string }[] = [];
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === "") continue;
    const read = parseJsonLine(line, rowSchema, null);
    if (typeof read === "string") bad.push({ line: index + 1, reason: read });
    else rows.push({ line: index + 1, row: read });
  }
  if (rows.length === 0) {
    const [first] = bad;
    throw invalid(
      first === undefined ? "it has no row" : `no line is a row; line ${first.line}: ${first.reason}`,
    );
  }
  return { rows, badLines: bad.length, problems: bad.slice(0, NAMED_LINES) };
}
