import { expect, test } from "vitest";
import { decodeHalf, encodeHalf, halfTable } from "./half.ts";

test.for([
  [0x0000, 0],
  [0x0001, 2 ** -24],
  [0x03ff, 1023 * 2 ** -24],
  [0x0400, 2 ** -14],
  [0x3555, 0.333251953125],
  [0x3c00, 1],
  [0xc000, -2],
  [0x7bff, 65_504],
  [0x7c00, Number.POSITIVE_INFINITY],
  [0xfc00, Number.NEGATIVE_INFINITY],
] as const)("bits %i are %d", ([bits, value]) => {
  expect(decodeHalf(bits)).toBe(value);
});

test("every half survives decoding and encoding", () => {
  for (let bits = 0; bits < 65_536; bits++) {
    const value = decodeHalf(bits);
    if (Number.isNaN(value)) expect(encodeHalf(value) & 0x7c00).toBe(0x7c00);
    else expect(encodeHalf(value), `bits ${bits}`).toBe(bits);
    expect(Object.is(halfTable()[bits], value)).toBe(true);
  }
});

test("rounding is to the nearest, ties to even, and carries into the exponent", () => {
  expect(encodeHalf(1 + 2 ** -11)).toBe(0x3c00);
  expect(encodeHalf(1 + 3 * 2 ** -11)).toBe(0x3c02);
  expect(encodeHalf(2 - 2 ** -12)).toBe(0x4000);
  expect(encodeHalf(65_519.99)).toBe(0x7bff);
  expect(encodeHalf(65_520)).toBe(0x7c00);
  expect(encodeHalf(2 ** -25)).toBe(0);
  expect(encodeHalf(2 ** -14 - 2 ** -26)).toBe(0x0400);
});
