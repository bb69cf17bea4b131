import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FailureError } from "../core/failure.ts";
import { encodeHalf } from "./half.ts";
import { floatsOf, readSafetensors } from "./safetensors.ts";

function file(header: unknown, data: Uint8Array, announced?: bigint): Uint8Array {
  const json = new TextEncoder().encode(typeof header === "string" ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + json.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, announced ?? BigInt(json.length), true);
  bytes.set(json, 8);
  bytes.set(data, 8 + json.length);
  return bytes;
}

const data = new Uint8Array([
  ...new Uint8Array(new Float32Array([1, -2, 0.5]).buffer),
  ...new Uint8Array(new Uint16Array([encodeHalf(3), encodeHalf(-0.25)]).buffer),
]);
const table = {
  __metadata__: { format: "pt" },
  half: { dtype: "F16", shape: [1, 2], data_offsets: [12, 16] },
  "a.weight": { dtype: "F32", shape: [3], data_offsets: [0, 12] },
};
const good = file(table, data);

test("values come out as float32 in their shape, whatever the alignment", () => {
  const read = readSafetensors(good, "a.safetensors");
  expect([...floatsOf(read, "a.weight", [3])]).toEqual([1, -2, 0.5]);
  expect([...floatsOf(read, "half", [1, 2])]).toEqual([3, -0.25]);
  expect(read.tensors.size).toBe(2);
});

test("another shape or a missing tensor is named", () => {
  const read = readSafetensors(good, "a.safetensors");
  expect(() => floatsOf(read, "half", [2])).toThrow(/half is \[1, 2\], expected \[2\]/);
  expect(() => floatsOf(read, "b", [2, 3])).toThrow(/tensor b \[2, 3\] is missing/);
});

/** One low-rank factor of whole numbers [2, 3] and its scales. */
const factor = (over: Record<string, object | undefined> = {}, scales = [0.5, 2, 0.25]) => {
  const values = new Uint8Array(Int8Array.of(127, -127, 0, 1, -128, 2));
  return readSafetensors(
    file(
      {
        "b.lora_b": { dtype: "I8", shape: [2, 3], data_offsets: [0, 6] },
        "b.lora_b.scale": { dtype: "F32", shape: [3], data_offsets: [6, 18] },
        ...over,
      },
      new Uint8Array([...values, ...new Uint8Array(new Float32Array(scales).buffer)]),
    ),
    "a.safetensors",
  );
};

test("a factor of whole numbers is scaled by its ranks: the columns of B, the rows of A", () => {
  expect([...floatsOf(factor(), "b.lora_b", [2, 3])]).toEqual([63.5, -254, 0, 0.5, -256, 0.5]);
  const rows = factor({
    "b.lora_b": undefined,
    "b.lora_b.scale": undefined,
    "a.lora_a": { dtype: "I8", shape: [3, 2], data_offsets: [0, 6] },
    "a.lora_a.scale": { dtype: "F32", shape: [3], data_offsets: [6, 18] },
  });
  expect([...floatsOf(rows, "a.lora_a", [3, 2])]).toEqual([63.5, -63.5, 0, 2, -32, 0.5]);
});

describe("a factor of whole numbers is refused", () => {
  const scale = (over: object) => ({
    "b.lora_b.scale": { dtype: "F32", shape: [3], data_offsets: [6, 18], ...over },
  });
  const named = (name: string, shape: number[]) => ({
    "b.lora_b": undefined,
    [name]: { dtype: "I8", shape, data_offsets: [0, 6] },
  });
  test.for<[string, ReturnType<typeof factor>, string, number[], RegExp]>([
    [
      "without its scales",
      factor({ "b.lora_b.scale": undefined, other: { dtype: "F32", shape: [3], data_offsets: [6, 18] } }),
      "b.lora_b",
      [2, 3],
      /b\.lora_b\.scale \[3\] is missing/,
    ],
    [
      "with a scale for each row instead of each rank",
      factor({
        ...scale({ shape: [2], data_offsets: [6, 14] }),
        rest: { dtype: "F32", shape: [1], data_offsets: [14, 18] },
      }),
      "b.lora_b",
      [2, 3],
      /scale is \[2\], expected \[3\]/,
    ],
    [
      "with scales in a matrix",
      factor(scale({ shape: [3, 1] })),
      "b.lora_b",
      [2, 3],
      /is \[3, 1\], expected \[3\]/,
    ],
    [
      "with scales that are whole numbers themselves",
      factor({
        ...scale({ dtype: "I8", data_offsets: [6, 9] }),
        rest: { dtype: "I8", shape: [9], data_offsets: [9, 18] },
      }),
      "b.lora_b",
      [2, 3],
      /scale is I8, expected F32/,
    ],
    ["with a scale that is no number", factor({}, [1, Number.NaN, 1]), "b.lora_b", [2, 3], /not finite/],
    ["with an infinite scale", factor({}, [1, 1, -Infinity]), "b.lora_b", [2, 3], /not finite/],
    ["in another shape", factor(), "b.lora_b", [3, 2], /is \[2, 3\], expected \[3, 2\]/],
    [
      "under a name that is no factor's",
      factor(named("gate.weight", [2, 3])),
      "gate.weight",
      [2, 3],
      /gate\.weight is I8/,
    ],
    ["as a vector", factor(named("b.lora_a", [6])), "b.lora_a", [6], /b\.lora_a is I8/],
  ])("%s", ([, read, name, shape, reason]) => {
    try {
      floatsOf(read, name, shape);
      expect.unreachable();
    } catch (thrown) {
      expect(thrown).toMatchObject({
        failure: { kind: "file-invalid", file: "a.safetensors", reason: expect.stringMatching(reason) },
      });
    }
  });
});

const entry = (over: object) =>
  file({ w: { dtype: "F32", shape: [4], data_offsets: [0, 16], ...over } }, data);
const two = (a: [number, number], b: [number, number]) =>
  file(
    {
      a: { dtype: "F32", shape: [(a[1] - a[0]) / 4], data_offsets: a },
      b: { dtype: "F32", shape: [(b[1] - b[0]) / 4], data_offsets: b },
    },
    data,
  );

describe("refused:", () => {
  test.for<[string, Uint8Array, string, RegExp]>([
    ["no header", new Uint8Array(7), "file-invalid", /7 bytes/],
    ["a header longer than the file", file(table, data, 500n), "file-invalid", /announces 500/],
    ["a header of 2^63 bytes", file(table, data, 2n ** 63n), "file-invalid", /announces/],
    ["a header that is no JSON", file("{", data), "file-invalid", /not JSON/],
    [
      "a header that is not UTF-8",
      new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0, 0xff]),
      "file-invalid",
      /not JSON/,
    ],
    ["a header that is a list", file([], data), "file-invalid", /not a table/],
    ["an entry that is text", file({ w: "F32" }, data), "file-invalid", /malformed/],
    ["an entry with more in it", entry({ extra: 1 }), "file-invalid", /malformed/],
    ["a negative dimension", entry({ shape: [-4] }), "file-invalid", /malformed/],
    ["a fractional offset", entry({ data_offsets: [0, 15.5] }), "file-invalid", /malformed/],
    ["nine dimensions", entry({ shape: [4, 1, 1, 1, 1, 1, 1, 1, 1] }), "file-invalid", /malformed/],
    ["a shape that overflows", entry({ shape: [2 ** 52, 2 ** 52, 2 ** 52] }), "file-invalid", /takes/],
    ["a shape of other length", entry({ shape: [3] }), "file-invalid", /takes 12 bytes, not 16/],
    ["an end before its start", entry({ data_offsets: [16, 0] }), "file-invalid", /lies at 16 to 0/],
    [
      "an end past the file",
      entry({ shape: [5], data_offsets: [0, 20] }),
      "file-invalid",
      /of 16 data bytes/,
    ],
    ["bf16", entry({ dtype: "BF16" }), "model-unsupported", /"BF16"; supported are F32, F16, I8/],
    ["an overlap", two([0, 12], [8, 16]), "file-invalid", /"b" overlaps/],
    ["a gap", two([0, 4], [8, 16]), "file-invalid", /4 to 8 belong to no tensor/],
    ["bytes behind the last tensor", two([0, 4], [4, 12]), "file-invalid", /12 to 16 belong/],
    [
      "a name twice",
      file(
        '{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"w":{"dtype":"F32","shape":[2],"data_offsets":[8,16]}}',
        data,
      ),
      "file-invalid",
      /0 to 8 belong to no tensor/,
    ],
  ])("%s", ([, bytes, kind, reason]) => {
    try {
      readSafetensors(bytes, "a.safetensors");
      expect.unreachable();
    } catch (thrown) {
      expect(thrown).toMatchObject({
        failure: { kind, file: "a.safetensors", reason: expect.stringMatching(reason) },
      });
    }
  });

  test("cut or mutated anywhere, a file is read or refused with a failure", () => {
    const edit = fc.tuple(fc.nat(good.length - 1), fc.nat(255));
    fc.assert(
      fc.property(fc.array(edit, { maxLength: 6 }), fc.nat(good.length), (edits, length) => {
        const mutated = good.slice(0, length);
        for (const [at, value] of edits) if (at < length) mutated[at] = value;
        try {
          readSafetensors(mutated, "a.safetensors");
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(FailureError);
        }
      }),
      { numRuns: 3000 },
    );
  });
});
