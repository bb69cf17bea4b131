/**
 * @file Reader of GGUF versions 2 and 3, little-endian. The file is input from outside: every count, length and offset is checked against
 * the bytes that are really there before it is used, so that a hostile file costs no more memory than its own size.
 */
import { FailureError } from "../core/failure.ts";
import { ByteCursor, HeadTooShort, ReadMeter } from "./byte-cursor.ts";
import { describeForeignFile } from "./foreign-file.ts";
import { quoted } from "./quoted.ts";

export type TensorType = "F32" | "F16" | "Q4_0" | "Q4_1" | "Q8_0";

/** Weights and bytes of one block of a tensor type. F32 and F16 are blocks of one. */
export const BLOCKS: Readonly<Record<TensorType, { readonly weights: number; readonly bytes: number }>> = {
  F32: { weights: 1, bytes: 4 },
  F16: { weights: 1, bytes: 2 },
  // f16 d, 16 bytes of nibbles: w = d (q - 8)
  Q4_0: { weights: 32, bytes: 18 },
  // f16 d, f16 m, 16 bytes of nibbles: w = d q + m
  Q4_1: { weights: 32, bytes: 20 },
  // f16 d, 32 signed bytes: w = d q
  Q8_0: { weights: 32, bytes: 34 },
};

export interface GgufTensor {
  readonly name: string;
  readonly type: TensorType;
  /** Row-major: a matrix is `[out, in]`, the reverse of the order on disk. */
  readonly shape: readonly number[];
  /** The blocks as they stand in the file: a view, not a copy. */
  readonly bytes: Uint8Array;
}

/** Integers of 64 bits are numbers where that is exact and bigints beyond. */
export type GgufScalar = number | bigint | boolean | string;
export type GgufValue = GgufScalar | readonly GgufScalar[];

export interface GgufFile {
  /** How failures name the file. */
  readonly file: string;
  readonly metadata: ReadonlyMap<string, GgufValue>;
  /** In the order of the file's tensor table. */
  readonly tensors: ReadonlyMap<string, GgufTensor>;
}

const LIMITS = {
  dimensions: 4,
  // Of the format itself.
  keyBytes: 2 ** 16 - 1,
  nameBytes: 64,
  stringBytes: 2 ** 20,
  arrayItems: 1_000_000,
  metadataEntries: 65_536,
  tensors: 100_000,
  alignment: { least: 8, most: 65_536, absent: 32 },
};

const SUPPORTED_TYPES: ReadonlyMap<number, TensorType> = new Map([
  [0, "F32"],
  [1, "F16"],
  [2, "Q4_0"],
  [3, "Q4_1"],
  [8, "Q8_0"],
]);

// Named so that a refusal can say what the file holds.
const UNSUPPORTED_TYPES: ReadonlyMap<number, string> = new Map([
  [6, "Q5_0"],
  [7, "Q5_1"],
  [9, "Q8_1"],
  [10, "Q2_K"],
  [11, "Q3_K"],
  [12, "Q4_K"],
  [13, "Q5_K"],
  [14, "Q6_K"],
  [15, "Q8_K"],
  [16, "IQ2_XXS"],
  [17, "IQ2_XS"],
  [18, "IQ3_XXS"],
  [19, "IQ1_S"],
  [20, "IQ4_NL"],
  [21, "IQ3_S"],
  [22, "IQ2_S"],
  [23, "IQ4_XS"],
  [24, "I8"],
  [25, "I16"],
  [26, "I32"],
  [27, "I64"],
  [28, "F64"],
  [29, "IQ1_M"],
  [30, "BF16"],
  [34, "TQ1_0"],
  [35, "TQ2_0"],
  [39, "MXFP4"],
]);

const MAGIC = [...new TextEncoder().encode("GGUF")];
const STRING = 8;
const ARRAY = 9;
const STRING_LENGTH_BYTES = 8;
/** Of memory, for one item of an array or for all that the reader keeps of one tensor. */
const KEPT = { item: 8, tensor: 256 };

/**
 * Reads a whole file held in memory; tensors are views into it. Throws a FailureError: `file-invalid` where the bytes contradict
 * the format or themselves, `model-unsupported` where the format is understood but not this kind of it. Its reason says what is wrong
 * with which field, at which byte, and what to do. `meter` counts the work.
 */
export function readGguf(bytes: Uint8Array, file: string, meter: ReadMeter = new ReadMeter()): GgufFile {
  return readHeader(new ByteCursor(bytes, file, meter));
}

/**
 * Reads the head of a file of `fileBytes`, to refuse what its header gives reason to refuse before the rest is read. The tensors'
 * bytes are cut off where the head ends. Null where the header is longer than the head. Throws as {@link readGguf} does.
 */
export function readGgufHead(head: Uint8Array, file: string, fileBytes: number): GgufFile | null {
  try {
    return readHeader(new ByteCursor(head, file, new ReadMeter(), fileBytes));
  } catch (thrown) {
    if (thrown instanceof HeadTooShort) return null;
    throw thrown;
  }
}

function readHeader(cursor: ByteCursor): GgufFile {
  readVersion(cursor);
  const tensorCount = cursor.count("tensor count", LIMITS.tensors);
  const entryCount = cursor.count("metadata count", LIMITS.metadataEntries);
  const metadata = new Map<string, GgufValue>();
  for (let i = 0; i < entryCount; i++) {
    const key = readName(cursor, `metadata key ${i}`, LIMITS.keyBytes);
    if (metadata.has(key)) throw cursor.invalid(`metadata ${quoted(key)} appears twice`);
    metadata.set(key, readValue(cursor, key));
  }
  const entries = readTensorTable(cursor, tensorCount);
  return {
    file: cursor.file,
    metadata,
    tensors: placeTensors(cursor, entries, readAlignment(cursor, metadata)),
  };
}

/** Throws `file-invalid`, saying what the file seems to be instead, unless its first bytes are those of GGUF. */
export function checkGgufMagic(head: Uint8Array, file: string): void {
  if (head.byteLength >= MAGIC.length && MAGIC.every((byte, i) => head[i] === byte)) return;
  const reason =
    head.byteLength < MAGIC.length
      ? `it ends inside the magic number (byte ${head.byteLength}); fetch the file again`
      : describeForeignFile(head);
  throw new FailureError({ kind: "file-invalid", file, reason });
}

function readVersion(cursor: ByteCursor): void {
  checkGgufMagic(cursor.bytes, cursor.file);
  cursor.take(MAGIC.length, "the magic number");
  const version = cursor.u32("the version");
  // Version 3 only added big-endian files to version 2; version 1 had counts of 32 bits.
  if (version === 3 || version === 2) return;
  if (version !== 0 && (version & 0xffff) === 0)
    throw cursor.unsupported("it is big-endian GGUF", "only little-endian is read: convert it");
  throw cursor.unsupported(
    `it is GGUF version ${version}`,
    "only versions 2 and 3 are read: convert it with a current tool",
  );
}

interface ScalarReader {
  readonly bytes: number;
  read(view: DataView, at: number): GgufScalar;
}

const exact = (value: bigint): number | bigint =>
  value <= BigInt(Number.MAX_SAFE_INTEGER) && value >= BigInt(Number.MIN_SAFE_INTEGER)
    ? Number(value)
    : value;

const SCALARS: ReadonlyMap<number, ScalarReader> = new Map<number, ScalarReader>([
  [0, { bytes: 1, read: (view, at) => view.getUint8(at) }],
  [1, { bytes: 1, read: (view, at) => view.getInt8(at) }],
  [2, { bytes: 2, read: (view, at) => view.getUint16(at, true) }],
  [3, { bytes: 2, read: (view, at) => view.getInt16(at, true) }],
  [4, { bytes: 4, read: (view, at) => view.getUint32(at, true) }],
  [5, { bytes: 4, read: (view, at) => view.getInt32(at, true) }],
  [6, { bytes: 4, read: (view, at) => view.getFloat32(at, true) }],
  [7, { bytes: 1, read: (view, at) => view.getUint8(at) !== 0 }],
  [10, { bytes: 8, read: (view, at) => exact(view.getBigUint64(at, true)) }],
  [11, { bytes: 8, read: (view, at) => exact(view.getBigInt64(at, true)) }],
  [12, { bytes: 8, read: (view, at) => view.getFloat64(at, true) }],
]);

function readValue(cursor: ByteCursor, key: string): GgufValue {
  const what = `metadata ${quoted(key)}`;
  const type = cursor.u32(`the type of ${what}`);
  if (type === STRING) return cursor.string(what, LIMITS.stringBytes);
  if (type !== ARRAY) {
    const scalar = scalarReader(cursor, type, what);
    return scalar.read(cursor.view, cursor.take(scalar.bytes, what));
  }
  const itemType = cursor.u32(`the item type of ${what}`);
  if (itemType === ARRAY) throw cursor.invalid(`${what} is an array of arrays`);
  const items = cursor.count(`the length of ${what}`, LIMITS.arrayItems);
  if (itemType === STRING) {
    // Before anything is allocated: even empty strings take eight bytes each.
    if (items * STRING_LENGTH_BYTES > cursor.leftBytes)
      throw cursor.invalid(`it ends inside ${what}: ${items} strings announced`);
    cursor.keep(items * KEPT.item, what);
    return Array.from({ length: items }, (_, i) =>
      cursor.string(`string ${i} of ${what}`, LIMITS.stringBytes),
    );
  }
  const scalar = scalarReader(cursor, itemType, what);
  const start = cursor.take(items * scalar.bytes, what);
  cursor.keep(items * KEPT.item, what);
  return Array.from({ length: items }, (_, i) => scalar.read(cursor.view, start + i * scalar.bytes));
}

function scalarReader(cursor: ByteCursor, type: number, what: string): ScalarReader {
  const reader = SCALARS.get(type);
  if (reader === undefined) throw cursor.invalid(`${what} has type ${type}, which version 3 does not define`);
  return reader;
}

/** A key or a tensor's name: what messages, maps and logs are keyed by, so nothing in it may hide. */
function readName(cursor: ByteCursor, what: string, mostBytes: number): string {
  const name = cursor.string(what, mostBytes);
  if (name === "" || /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(name))
    throw cursor.invalid(
      `${what} is ${name === "" ? "empty" : `${quoted(name)}, with characters that do not print`}`,
    );
  return name;
}

interface TableEntry {
  readonly name: string;
  readonly type: TensorType;
  readonly shape: readonly number[];
  /** Where the table describes it, in bytes from the start of the file. */
  readonly at: number;
  /** From the start of the tensor data. */
  readonly offset: number;
  readonly byteLength: number;
}

function readTensorTable(cursor: ByteCursor, tensorCount: number): TableEntry[] {
  const entries: TableEntry[] = [];
  const names = new Set<string>();
  for (let i = 0; i < tensorCount; i++) {
    const at = cursor.offset;
    const name = readName(cursor, `the name of tensor ${i}`, LIMITS.nameBytes);
    cursor.keep(KEPT.tensor, `tensor ${i}`);
    if (names.has(name)) throw cursor.invalid(`tensor ${quoted(name)} appears twice`);
    names.add(name);
    const what = `tensor ${quoted(name)}`;
    const rank = cursor.u32(`the rank of ${what}`);
    if (rank < 1 || rank > LIMITS.dimensions)
      throw cursor.invalid(`${what} has ${rank} dimensions, the limit is ${LIMITS.dimensions}`);
    const shape = Array.from({ length: rank }, () => cursor.u64(`a dimension of ${what}`)).reverse();
    const typeNumber = cursor.u32(`the type of ${what}`);
    const offset = cursor.u64(`the offset of ${what}`);
    const type = SUPPORTED_TYPES.get(typeNumber);
    if (type === undefined) {
      const typeName = UNSUPPORTED_TYPES.get(typeNumber) ?? `type number ${typeNumber}`;
      throw cursor.unsupported(
        `${what} is ${typeName}`,
        `supported are ${[...SUPPORTED_TYPES.values()].join(", ")}: quantise the model to one of these`,
      );
    }
    entries.push({ name, type, shape, at, offset, byteLength: blockBytes(cursor, what, type, shape) });
  }
  return entries;
}

function blockBytes(cursor: ByteCursor, what: string, type: TensorType, shape: readonly number[]): number {
  const block = BLOCKS[type];
  const rowLength = shape.at(-1) ?? 0;
  if (rowLength % block.weights !== 0)
    throw cursor.invalid(
      `${what} has rows of ${rowLength} weights, not whole ${type} blocks of ${block.weights}`,
    );
  let weights = 1;
  for (const dimension of shape) {
    if (dimension === 0) throw cursor.invalid(`${what} has a dimension of 0`);
    // Every weight takes at least 9/16 of a byte, so the file bounds the product long before 2^53 does.
    if (dimension > (cursor.fileBytes * 2) / weights)
      throw cursor.invalid(`${what} [${shape.join(", ")}] is larger than the file`);
    weights *= dimension;
  }
  return (weights / block.weights) * block.bytes;
}

function readAlignment(cursor: ByteCursor, metadata: ReadonlyMap<string, GgufValue>): number {
  const alignment = metadata.get("general.alignment") ?? LIMITS.alignment.absent;
  const { least, most } = LIMITS.alignment;
  const isPowerOfTwo = typeof alignment === "number" && Number.isInteger(Math.log2(alignment));
  if (!isPowerOfTwo || alignment < least || alignment > most)
    throw cursor.invalid(
      `general.alignment is ${describeValue(alignment)}, not a power of two from ${least} to ${most}`,
      null,
    );
  return alignment;
}

/** A value as a message shows it, in few characters whatever it is. */
export function describeValue(value: GgufValue): string {
  if (typeof value === "object") return `a list of ${value.length}`;
  return typeof value === "string" ? quoted(value) : `${value}`;
}

function placeTensors(
  cursor: ByteCursor,
  entries: readonly TableEntry[],
  alignment: number,
): ReadonlyMap<string, GgufTensor> {
  const { bytes, fileBytes } = cursor;
  const dataStart = Math.ceil(cursor.offset / alignment) * alignment;
  for (const { name, at, offset, byteLength } of entries) {
    if (offset % alignment !== 0)
      throw cursor.invalid(
        `tensor ${quoted(name)} starts at ${offset}, which is not a multiple of ${alignment}`,
        at,
      );
    if (offset + byteLength > fileBytes - dataStart)
      throw cursor.invalid(
        `tensor ${quoted(name)} ends at ${dataStart + offset + byteLength}, the file at ${fileBytes}`,
        at,
      );
  }
  let previous: TableEntry | undefined;
  for (const entry of [...entries].sort((a, b) => a.offset - b.offset)) {
    if (previous !== undefined && entry.offset < previous.offset + previous.byteLength)
      throw cursor.invalid(`tensors ${quoted(previous.name)} and ${quoted(entry.name)} overlap`, entry.at);
    previous = entry;
  }
  return new Map(
    entries.map(({ name, type, shape, offset, byteLength }) => {
      const start = dataStart + offset;
      return [name, { name, type, shape, bytes: bytes.subarray(start, start + byteLength) }];
    }),
  );
}
