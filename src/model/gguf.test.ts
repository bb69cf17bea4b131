import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FailureError } from "../core/failure.ts";
import { ByteWriter, type FileSpec, ggufBytes, type TensorEntry } from "./fixtures/gguf-bytes.ts";
import { readGguf, readGgufHead } from "./gguf.ts";

const f32 = (name: string, values: number): TensorEntry => ({
  name,
  dims: [values],
  type: 0,
  data: new Uint8Array(values * 4).fill(1),
});
const good: FileSpec = {
  entries: [
    { key: "general.architecture", type: "string", value: "llama" },
    { key: "count", type: "u32", value: 4_294_967_295 },
    { key: "below", type: "i16", value: -2 },
    { key: "half", type: "f32", value: 0.5 },
    { key: "yes", type: "bool", value: 1 },
    { key: "big", type: "u64", value: 2n ** 60n },
    { key: "words", type: "array", of: "string", items: ["", "ab", "\ufeffé"] },
    { key: "numbers", type: "array", of: "i32", items: [-1, 7] },
  ],
  tensors: [
    { name: "q", dims: [32, 2], type: 3, data: new Uint8Array(40).fill(9) },
    f32("gain", 3),
    { name: "h", dims: [2, 3], type: 1, data: new Uint8Array(12) },
  ],
};

function failureOf(bytes: Uint8Array) {
  try {
    readGguf(bytes, "some.gguf");
  } catch (thrown) {
    if (thrown instanceof FailureError) return thrown.failure;
    throw thrown;
  }
  return null;
}

describe("a well-formed file", () => {
  const file = readGguf(ggufBytes(good), "some.gguf");

  test("gives its metadata with exact numbers", () => {
    expect(Object.fromEntries(file.metadata)).toEqual({
      "general.architecture": "llama",
      count: 4_294_967_295,
      below: -2,
      half: 0.5,
      yes: true,
      big: 2n ** 60n,
      words: ["", "ab", "\ufeffé"],
      numbers: [-1, 7],
    });
  });

  test("gives tensors as [out, in] views of its own bytes", () => {
    expect([...file.tensors.values()].map(({ name, type, shape }) => [name, type, shape])).toEqual([
      ["q", "Q4_1", [2, 32]],
      ["gain", "F32", [3]],
      ["h", "F16", [3, 2]],
    ]);
    expect(file.tensors.get("q")?.bytes).toEqual(new Uint8Array(40).fill(9));
  });

  test("reads the same in version 2, which only lacks big-endian files", () => {
    const older = readGguf(ggufBytes({ ...good, version: 2 }), "some.gguf");
    expect(older.metadata).toEqual(file.metadata);
    expect([...older.tensors.keys()]).toEqual([...file.tensors.keys()]);
  });

  test("is judged by its head and its length alone", () => {
    const bytes = ggufBytes(good);
    const headerBytes = file.tensors.get("q")!.bytes.byteOffset;
    const head = bytes.subarray(0, headerBytes);
    expect([...(readGgufHead(head, "some.gguf", bytes.length)?.tensors.keys() ?? [])]).toEqual([
      "q",
      "gain",
      "h",
    ]);
    expect(() => readGgufHead(head, "some.gguf", headerBytes + 20)).toThrow(/"q" ends at \d+, the file at/);
    for (const length of [24, 60, headerBytes - 40])
      expect(readGgufHead(bytes.subarray(0, length), "some.gguf", bytes.length)).toBeNull();
    expect(() => readGgufHead(bytes.subarray(0, 60), "some.gguf", 60)).toThrow(/ends inside/);
  });

  test("may stand inside a larger buffer", () => {
    const bytes = ggufBytes(good);
    const larger = new Uint8Array(bytes.length + 10);
    larger.set(bytes, 5);
    const inner = readGguf(larger.subarray(5, 5 + bytes.length), "some.gguf");
    expect(inner.tensors.get("gain")?.bytes).toEqual(new Uint8Array(12).fill(1));
  });
});

const withTensor = (tensor: Partial<TensorEntry>): Uint8Array =>
  ggufBytes({ tensors: [{ ...f32("w", 32), ...tensor }] });
const withEntryBytes = (write: (out: ByteWriter) => ByteWriter): Uint8Array =>
  write(new ByteWriter().raw(new TextEncoder().encode("GGUF")).u32(3).u64(0).u64(1)).bytes();
const withAlignment = (value: number): Uint8Array =>
  ggufBytes({ entries: [{ key: "general.alignment", type: "u32", value }], tensors: [f32("w", 2)] });

describe("a hostile file is refused as invalid:", () => {
  test.for<[string, Uint8Array, RegExp]>([
    ["no bytes", new Uint8Array(0), /ends inside the magic/],
    ["another magic number", ggufBytes({ magic: "GGUG" }), /does not start with GGUF/],
    ["more tensors than the limit", ggufBytes({ tensorCount: 100_001 }), /tensor count is 100001/],
    ["a tensor count beyond 2^53", ggufBytes({ tensorCount: 2n ** 63n }), /more than any file/],
    ["more metadata than the limit", ggufBytes({ entryCount: 2n ** 40n }), /metadata count/],
    ["metadata announced and absent", ggufBytes({ entryCount: 3 }).slice(0, 24), /ends inside/],
    ["a key of 2^50 bytes", withEntryBytes((out) => out.u64(2n ** 50n)), /the limit is 65535/],
    ["a key past the end", withEntryBytes((out) => out.u64(1000).raw([65])), /ends inside metadata key 0/],
    ["a key that is not UTF-8", withEntryBytes((out) => out.u64(2).raw([0xc3, 0x28])), /not UTF-8/],
    [
      "a value type of its own",
      withEntryBytes((out) => out.text("k").u32(13).raw(new Uint8Array(16))),
      /type 13/,
    ],
    ["an array of arrays", withEntryBytes((out) => out.text("k").u32(9).u32(9).u64(1)), /array of arrays/],
    ["an array of 10^9", withEntryBytes((out) => out.text("k").u32(9).u32(0).u64(1e9)), /limit is 1000000/],
    ["numbers past the end", withEntryBytes((out) => out.text("k").u32(9).u32(10).u64(9e5)), /ends inside/],
    ["strings past the end", withEntryBytes((out) => out.text("k").u32(9).u32(8).u64(9e5)), /900000 strings/],
    [
      "a key twice",
      ggufBytes({
        entries: [
          { key: "k", type: "u8", value: 1 },
          { key: "k", type: "u8", value: 2 },
        ],
      }),
      /"k" appears twice/,
    ],
    ["a tensor name twice", ggufBytes({ tensors: [f32("w", 1), f32("w", 1)] }), /tensor "w" appears twice/],
    ["a tensor without dimensions", withTensor({ dims: [] }), /0 dimensions/],
    ["a tensor of five dimensions", withTensor({ dims: [1, 1, 1, 1, 32] }), /5 dimensions/],
    ["a dimension of 0", withTensor({ dims: [32, 0] }), /dimension of 0/],
    ["a product beyond 2^53", withTensor({ dims: [2n ** 40n, 2n ** 40n] }), /larger than the file/],
    [
      "a product that wraps to nothing in 64 bits",
      withTensor({ dims: [2n ** 32n, 2n ** 32n] }),
      /larger than/,
    ],
    ["a dimension beyond 2^53", withTensor({ dims: [2n ** 63n] }), /more than any file/],
    ["rows that are no whole blocks", withTensor({ dims: [33], type: 2 }), /not whole Q4_0 blocks/],
    ["more weights than bytes", withTensor({ dims: [33] }), /the file at/],
    ["an offset off its alignment", withTensor({ offset: 4 }), /not a multiple of 32/],
    ["an offset past the end", withTensor({ offset: 3200 }), /the file at/],
    ["an offset that wraps", withTensor({ offset: 2n ** 64n - 32n }), /more than any file/],
    [
      "tensors that overlap",
      ggufBytes({ tensors: [f32("a", 64), { ...f32("b", 8), offset: 32 }] }),
      /"a" and "b" overlap/,
    ],
    [
      "two tensors in one place",
      ggufBytes({ tensors: [f32("a", 8), { ...f32("b", 8), offset: 0 }] }),
      /overlap/,
    ],
    ["an alignment of 0", withAlignment(0), /general.alignment is 0/],
    ["an alignment of 24", withAlignment(24), /power of two/],
    ["an alignment of 4", withAlignment(4), /from 8 to 65536/],
    ["an alignment of 2^17", withAlignment(2 ** 17), /from 8 to 65536/],
  ])("%s", ([, bytes, reason]) => {
    const failure = failureOf(bytes);
    expect(failure).toMatchObject({ kind: "file-invalid", file: "some.gguf" });
    expect(failure !== null && "reason" in failure && failure.reason).toMatch(reason);
  });
});

describe("what is understood but not run is refused by name:", () => {
  test.for<[string, Uint8Array, RegExp]>([
    ["version 1", ggufBytes({ version: 1 }), /version 1/],
    ["big-endian", ggufBytes({ version: 0x03000000 }), /big-endian/],
    ["K-quants", withTensor({ type: 12 }), /"w" is Q4_K .*supported are F32, F16, Q4_0, Q4_1, Q8_0/],
    ["bf16", withTensor({ type: 30 }), /BF16/],
    ["a type nobody knows", withTensor({ type: 4711 }), /type number 4711/],
  ])("%s", ([, bytes, reason]) => {
    const failure = failureOf(bytes);
    expect(failure).toMatchObject({ kind: "model-unsupported", file: "some.gguf" });
    expect(failure !== null && "reason" in failure && failure.reason).toMatch(reason);
  });
});

describe("whatever the bytes", () => {
  const bytes = ggufBytes(good);
  const checkRead = (mutated: Uint8Array) => {
    const failure = failureOf(mutated);
    if (failure !== null) expect(["file-invalid", "model-unsupported"]).toContain(failure.kind);
  };

  test("cut anywhere, a file is refused, never misread", () => {
    const end = bytes.length - 32 + 12; // the last tensor's padding may be missing
    for (let length = 0; length < end; length++)
      expect(failureOf(bytes.slice(0, length)), `${length} bytes`).toMatchObject({ kind: "file-invalid" });
  });

  test("mutated anywhere, a file is read or refused with a failure", () => {
    const edit = fc.tuple(
      fc.nat(bytes.length - 1),
      fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 127, 128, 255)),
    );
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 8 }), (edits) => {
        const mutated = bytes.slice();
        for (const [at, value] of edits) mutated[at] = value;
        checkRead(mutated);
      }),
      { numRuns: 3000 },
    );
  });

  test("noise behind a right header is read or refused with a failure", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(3), fc.nat(3), (noise, tensors, entries) => {
        const header = ggufBytes({ tensorCount: tensors, entryCount: entries }).slice(0, 24);
        checkRead(Uint8Array.from([...header, ...noise]));
      }),
      { numRuns: 2000 },
    );
  });
});
