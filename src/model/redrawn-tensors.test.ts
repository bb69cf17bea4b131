import { expect, test } from "vitest";
import { redrawnTensors } from "./redrawn-tensors.ts";
import type { ReadTensor } from "./safetensors.ts";

/** 1, 2, 3, ... whatever the name. */
const counting: ReadTensor = (_, shape) =>
  Float32Array.from({ length: shape.reduce((product, extent) => product * extent, 1) }, (_value, i) => i + 1);
const constant: ReadTensor = (name, shape) => counting(name, shape).fill(0.5);

function moments(values: Float32Array): { mean: number; deviation: number; kurtosis: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const moment = (power: number) =>
    values.reduce((sum, value) => sum + (value - mean) ** power, 0) / values.length;
  return { mean, deviation: Math.sqrt(moment(2)), kurtosis: moment(4) / moment(2) ** 2 };
}

test("a redrawn tensor is normal with the mean and deviation of the trained one, and another tensor", () => {
  const trained = counting("a", [100, 300]);
  const drawn = redrawnTensors(counting, 1)("a", [100, 300]);
  const [was, is] = [moments(trained), moments(drawn)];
  expect(drawn).toHaveLength(30_000);
  // Five standard errors.
  expect(Math.abs(is.mean - was.mean)).toBeLessThan((5 * was.deviation) / Math.sqrt(30_000));
  expect(Math.abs(is.deviation / was.deviation - 1)).toBeLessThan(5 / Math.sqrt(60_000));
  // 3 of a normal distribution, 1.8 of the uniform one that was trained.
  expect(was.kurtosis).toBeCloseTo(1.8, 2);
  expect(Math.abs(is.kurtosis - 3)).toBeLessThan(5 * Math.sqrt(24 / 30_000));
  const product = drawn.reduce(
    (sum, value, i) => sum + (value - is.mean) * ((trained[i] ?? 0) - was.mean),
    0,
  );
  expect(Math.abs(product / 30_000 / (is.deviation * was.deviation))).toBeLessThan(5 / Math.sqrt(30_000));
});

test("the same seed draws the same, in any order; another seed or another name draws others", () => {
  const one = redrawnTensors(counting, 7);
  const [a, b] = [one("a", [3, 5]), one("b", [3, 5])];
  const again = redrawnTensors(counting, 7);
  expect(again("b", [3, 5])).toEqual(b);
  expect(again("a", [3, 5])).toEqual(a);
  expect(a).not.toEqual(b);
  expect(redrawnTensors(counting, 8)("a", [3, 5])).not.toEqual(a);
});

test("a tensor without spread stays what it is", () => {
  expect(redrawnTensors(constant, 1)("a", [7])).toEqual(constant("a", [7]));
});

test("what cannot be read cannot be redrawn", () => {
  const missing: ReadTensor = (name) => {
    throw new Error(`no ${name}`);
  };
  expect(() => redrawnTensors(missing, 1)("a", [1])).toThrow("no a");
});
