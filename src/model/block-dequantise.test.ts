import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FailureError } from "../core/failure.ts";
import { seededRandom } from "../core/rng.ts";
import { dequantise, dequantiseRow, repackQ4_0AsQ4_1 } from "./block-dequantise.ts";
import { BLOCKS, type GgufTensor, type TensorType } from "./gguf.ts";
import { encodeHalf } from "./half.ts";

function tensor(type: TensorType, shape: readonly number[], bytes: readonly number[]): GgufTensor {
  return { name: "w", type, shape, bytes: Uint8Array.from(bytes) };
}

const half = (value: number) => [encodeHalf(value) & 255, encodeHalf(value) >> 8];

/** Random bytes whose scales are ordinary numbers. */
function randomTensor(type: TensorType, rows: number, cols: number): GgufTensor {
  const random = seededRandom(rows * 1000 + cols);
  const { weights, bytes: blockBytes } = BLOCKS[type];
  const bytes: number[] = [];
  for (let b = 0; b < (rows * cols) / weights; b++) {
    const block = Array.from({ length: blockBytes }, () => Math.floor(random() * 256));
    if (type === "F32") block.splice(0, 4, ...new Uint8Array(new Float32Array([random() * 4 - 2]).buffer));
    else block.splice(0, 2, ...half(random() * 4 - 2));
    if (type === "Q4_1") block.splice(2, 2, ...half(random() * 4 - 2));
    bytes.push(...block);
  }
  return tensor(type, [rows, cols], bytes);
}

/** Nibble q_j of 16 bytes: low nibbles are inputs 0 to 15. */
const nibbles = Array.from({ length: 16 }, (_, j) => j | ((15 - j) << 4));
const levels = [...Array.from({ length: 16 }, (_, j) => j), ...Array.from({ length: 16 }, (_, j) => 15 - j)];

describe("a block decodes to its formula", () => {
  test("Q4_0: d (q - 8)", () => {
    expect([...dequantise(tensor("Q4_0", [32], [...half(0.25), ...nibbles]))]).toEqual(
      levels.map((q) => 0.25 * (q - 8)),
    );
  });
  test("Q4_1: d q + m", () => {
    expect([...dequantise(tensor("Q4_1", [32], [...half(0.25), ...half(-3), ...nibbles]))]).toEqual(
      levels.map((q) => 0.25 * q - 3),
    );
  });
  test("Q8_0: d q with q signed", () => {
    const values = Array.from({ length: 32 }, (_, i) => i * 8 - 128);
    expect([...dequantise(tensor("Q8_0", [32], [...half(-0.5), ...values.map((q) => q & 255)]))]).toEqual(
      values.map((q) => (q === 0 ? -0 : -0.5 * q)),
    );
  });
  test("F16 and F32 are the numbers themselves, wherever they stand in memory", () => {
    expect([...dequantise(tensor("F16", [2], [...half(1.5), ...half(-2)]))]).toEqual([1.5, -2]);
    const unaligned = new Uint8Array([0, 0, 0, 192, 63, 0, 0, 0, 192]).subarray(1);
    expect([...dequantise({ name: "w", type: "F32", shape: [2], bytes: unaligned })]).toEqual([1.5, -2]);
  });
});

const types = ["F32", "F16", "Q4_0", "Q4_1", "Q8_0"] as const;

describe.for(types)("%s", (type) => {
  test("a row alone is the matrix's row", () => {
    const w = randomTensor(type, 5, 64);
    expect(dequantiseRow(w, 3)).toEqual(dequantise(w).slice(3 * 64, 4 * 64));
    expect(() => dequantiseRow(w, 5)).toThrow(/row 5/);
  });
});

describe("Q4_0 repacked as Q4_1", () => {
  test("keeps every weight exactly", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0x6fff }), fc.boolean(), (scale, isNegative) => {
        const bits = isNegative ? scale | 0x8000 : scale;
        const w = tensor("Q4_0", [32], [bits & 255, bits >> 8, ...nibbles]);
        const repacked = repackQ4_0AsQ4_1(w, "some.gguf");
        expect(repacked.type).toBe("Q4_1");
        // + 0 makes one zero of two.
        expect(dequantise(repacked).map((x) => x + 0)).toEqual(dequantise(w).map((x) => x + 0));
      }),
    );
  });
  test("refuses a scale whose minimum overflows", () => {
    const w = tensor("Q4_0", [32], [...half(9000), ...nibbles]);
    expect(() => repackQ4_0AsQ4_1(w, "some.gguf")).toThrow(FailureError);
  });
  test("leaves other types as they are", () => {
    const w = randomTensor("Q8_0", 1, 32);
    expect(repackQ4_0AsQ4_1(w, "some.gguf")).toBe(w);
  });
});
