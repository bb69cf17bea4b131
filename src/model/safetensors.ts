/**
 * @file Reader of safetensors: a JSON table of tensors (8 bytes of length, then the table), then their bytes without gap or overlap.
 * Input from outside: nothing is used before it is checked against the bytes that are really there.
 */
import * as v from "valibot";
import { FailureError } from "../core/failure.ts";
import { invariant } from "../core/invariant.ts";
import { halfTable } from "./half.ts";
import { quoted } from "./quoted.ts";

export type SafetensorsType = "F32" | "F16" | "I8";

export interface SafetensorsTensor {
  readonly name: string;
  readonly type: SafetensorsType;
  /** Row-major. An empty shape is a single number. */
  readonly shape: readonly number[];
  /** A view into the file, not a copy. */
  readonly bytes: Uint8Array;
}

export interface SafetensorsFile {
  /** How failures name the file. */
  readonly file: string;
  readonly tensors: ReadonlyMap<string, SafetensorsTensor>;
}

const BYTES_PER_VALUE: Readonly<Record<SafetensorsType, number>> = { F32: 4, F16: 2, I8: 1 };
/** Where the ranks of a low-rank factor lie: the rows of A, the columns of B. */
const RANK_AXES = [
  { suffix: ".lora_a", axis: 0 },
  { suffix: ".lora_b", axis: 1 },
] as const;
const LIMITS = { headerBytes: 4 * 2 ** 20, dimensions: 8, tensors: 10_000 };
const HEADER_LENGTH_BYTES = 8;

const whole = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const entrySchema = v.strictObject({
  dtype: v.string(),
  shape: v.pipe(v.array(whole), v.maxLength(LIMITS.dimensions)),
  data_offsets: v.tuple([whole, whole]),
});

/**
 * Reads a whole file held in memory. Throws a FailureError: `file-invalid` where the table contradicts the bytes,
 * `model-unsupported` for a number type other than F32, F16 and I8.
 */
export function readSafetensors(bytes: Uint8Array, file: string): SafetensorsFile {
  const invalid = (reason: string) => new FailureError({ kind: "file-invalid", file, reason });
  if (bytes.byteLength < HEADER_LENGTH_BYTES)
    throw invalid(`it has ${bytes.byteLength} bytes, too few for a header`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const announced = view.getBigUint64(0, true);
  if (announced > BigInt(LIMITS.headerBytes) || HEADER_LENGTH_BYTES + Number(announced) > bytes.byteLength)
    throw invalid(`its header announces ${announced} bytes of ${bytes.byteLength}`);
  const dataStart = HEADER_LENGTH_BYTES + Number(announced);
  const table = parseTable(bytes.subarray(HEADER_LENGTH_BYTES, dataStart), invalid);

  const dataBytes = bytes.byteLength - dataStart;
  const tensors = new Map<string, SafetensorsTensor>();
  const spans: { name: string; start: number; end: number }[] = [];
  for (const [name, value] of table) {
    const what = `tensor ${quoted(name)}`;
    const entry = v.safeParse(entrySchema, value);
    if (!entry.success) throw invalid(`the entry of ${what} is malformed (${entry.issues[0].message})`);
    const { dtype, shape } = entry.output;
    const [start, end] = entry.output.data_offsets;
    if (dtype !== "F32" && dtype !== "F16" && dtype !== "I8")
      throw new FailureError({
        kind: "model-unsupported",
        file,
        reason: `${what} is ${quoted(dtype)}; supported are F32, F16, I8`,
      });
    if (start > end || end > dataBytes)
      throw invalid(`${what} lies at ${start} to ${end} of ${dataBytes} data bytes`);
    // A product beyond 2^53 is inexact but still far above any file's length, so the comparison holds.
    const expected = shape.reduce((product, length) => product * length, BYTES_PER_VALUE[dtype]);
    if (expected !== end - start)
      throw invalid(`${what} [${shape.join(", ")}] of ${dtype} takes ${expected} bytes, not ${end - start}`);
    tensors.set(name, {
      name,
      type: dtype,
      shape,
      bytes: bytes.subarray(dataStart + start, dataStart + end),
    });
    spans.push({ name, start, end });
  }
  checkCover(spans, dataBytes, invalid);
  return { file, tensors };
}

function parseTable(header: Uint8Array, invalid: (reason: string) => FailureError): [string, unknown][] {
  let table: unknown;
  try {
    table = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(header));
  } catch {
    throw invalid("its header is not JSON");
  }
  if (typeof table !== "object" || table === null || Array.isArray(table))
    throw invalid("its header is not a table of tensors");
  const entries = Object.entries(table).filter(([name]) => name !== "__metadata__");
  if (entries.length > LIMITS.tensors)
    throw invalid(`it holds ${entries.length} tensors, the limit is ${LIMITS.tensors}`);
  return entries;
}

/** Every data byte belongs to exactly one tensor. A name given twice leaves a gap here, since JSON keeps its last entry. */
function checkCover(
  spans: { name: string; start: number; end: number }[],
  dataBytes: number,
  invalid: (reason: string) => FailureError,
): void {
  let covered = 0;
  for (const { name, start, end } of spans.sort((a, b) => a.start - b.start || a.end - b.end)) {
    if (start < covered) throw invalid(`tensor ${quoted(name)} overlaps the one before it at byte ${start}`);
    if (start > covered) throw invalid(`bytes ${covered} to ${start} belong to no tensor`);
    covered = end;
  }
  if (covered !== dataBytes) throw invalid(`bytes ${covered} to ${dataBytes} belong to no tensor`);
}

/**
 * Values of the tensor `name` as float32, row-major: a new array. A low-rank factor of 8-bit whole numbers is multiplied by the scale of
 * each rank, which the tensor `name.scale` holds. Throws `file-invalid` where the file lacks a tensor, holds it in another shape, or
 * scales by what is not finite.
 */
export function floatsOf(
  file: SafetensorsFile,
  name: string,
  shape: readonly number[],
): Float32Array<ArrayBuffer> {
  const tensor = tensorOf(file, name, shape);
  return tensor.type === "I8" ? scaledFactor(file, tensor) : toFloats(tensor);
}

/** Reads a tensor's values by its name and the shape that it must have: a new array, row-major. Throws as {@link floatsOf}. */
export type ReadTensor = (name: string, shape: readonly number[]) => Float32Array<ArrayBuffer>;

export function tensorReader(file: SafetensorsFile): ReadTensor {
  return (name, shape) => floatsOf(file, name, shape);
}

function tensorOf(
  { file, tensors }: SafetensorsFile,
  name: string,
  shape: readonly number[],
): SafetensorsTensor {
  const tensor = tensors.get(name);
  const wanted = `[${shape.join(", ")}]`;
  if (tensor === undefined)
    throw new FailureError({ kind: "file-invalid", file, reason: `tensor ${name} ${wanted} is missing` });
  if (tensor.shape.join() !== shape.join())
    throw new FailureError({
      kind: "file-invalid",
      file,
      reason: `tensor ${name} is [${tensor.shape.join(", ")}], expected ${wanted}`,
    });
  return tensor;
}

function scaledFactor(
  file: SafetensorsFile,
  { name, shape, bytes }: SafetensorsTensor,
): Float32Array<ArrayBuffer> {
  const invalid = (reason: string) => new FailureError({ kind: "file-invalid", file: file.file, reason });
  const ranks = RANK_AXES.find(({ suffix }) => name.endsWith(suffix));
  const [rows, columns, ...more] = shape;
  if (ranks === undefined || rows === undefined || columns === undefined || more.length > 0)
    throw invalid(`tensor ${name} is I8, which only the matrices of a low-rank factor may be`);
  const scale = tensorOf(file, `${name}.scale`, [ranks.axis === 0 ? rows : columns]);
  if (scale.type !== "F32") throw invalid(`tensor ${scale.name} is ${scale.type}, expected F32`);
  const factors = toFloats(scale);
  if (!factors.every(Number.isFinite)) throw invalid(`tensor ${scale.name} holds a scale that is not finite`);
  const whole = new Int8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Float32Array.from(whole, (value, i) => {
    const rank = ranks.axis === 0 ? Math.floor(i / columns) : i % columns;
    return value * (factors[rank] ?? Number.NaN);
  });
}

function toFloats({ name, type, bytes }: SafetensorsTensor): Float32Array<ArrayBuffer> {
  invariant(type !== "I8", `${name} is I8 and has a scale`);
  const count = bytes.byteLength / BYTES_PER_VALUE[type];
  invariant(Number.isInteger(count), `${bytes.byteLength} bytes of ${type}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const half = halfTable();
  return type === "F32"
    ? Float32Array.from({ length: count }, (_, i) => view.getFloat32(i * 4, true))
    : Float32Array.from({ length: count }, (_, i) => half[view.getUint16(i * 2, true)] ?? Number.NaN);
}
