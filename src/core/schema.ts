/** @file What the schemas of documents share, and how a document from outside becomes a typed value. */
import * as v from "valibot";
import { FailureError } from "./failure.ts";
import { type ItemId, itemId } from "./ids.ts";

export const sha256Schema = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, "expected 64 hexadecimal digits"));

/** A plain name: no folder, nothing that a URL or a path would resolve elsewhere. */
export const fileNameSchema = v.pipe(
  v.string(),
  v.regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/, "expected a plain file name"),
);

export function wholeSchema(least: number, most: number) {
  return v.pipe(v.number(), v.integer(), v.minValue(least), v.maxValue(most));
}

export const finiteSchema = v.pipe(v.number(), v.finite());
export const fractionSchema = v.pipe(finiteSchema, v.minValue(0), v.maxValue(1));
export const textSchema = v.pipe(v.string(), v.maxLength(100_000));
export const MAX_ITEMS = 1_000_000;
export const itemIdSchema = v.pipe(
  wholeSchema(0, MAX_ITEMS - 1),
  v.transform((value): ItemId => itemId(value)),
);

/** Parses JSON bytes against a schema. Throws `file-invalid` naming the first field that is wrong. */
export function parseJson<Output extends object>(
  bytes: Uint8Array,
  file: string,
  schema: v.GenericSchema<unknown, Output>,
): Output {
  const invalid = (reason: string) => new FailureError({ kind: "file-invalid", file, reason });
  let document: unknown;
  try {
    document = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw invalid("it is not JSON");
  }
  const value = parseValue(document, schema, "the document");
  if (typeof value === "string") throw invalid(value);
  return value;
}

/**
 * The value of one line of a file of JSON lines, or in words why there is none. `whole` is what a fault of no single field is said to be of; null
 * says the fault alone.
 */
export function parseJsonLine<Output extends object>(
  line: string,
  schema: v.GenericSchema<unknown, Output>,
  whole: string | null,
): Output | string {
  let document: unknown;
  try {
    document = JSON.parse(line);
  } catch {
    return "it is not JSON";
  }
  return parseValue(document, schema, whole);
}

/** As `parseJsonLine`, of a value that is no text any more, as databases hold them. */
export function parseValue<Output extends object>(
  value: unknown,
  schema: v.GenericSchema<unknown, Output>,
  whole: string | null,
): Output | string {
  const result = v.safeParse(schema, value, { abortEarly: true });
  if (result.success) return result.output;
  const [issue] = result.issues;
  const where = v.getDotPath(issue) ?? whole;
  return where === null ? issue.message : `${where}: ${issue.message}`;
}

/** Null, which is of no schema here, where the text is not JSON. */
export function jsonOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
