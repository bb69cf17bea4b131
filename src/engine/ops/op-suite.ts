/** @file One suite for every backend: each op against its reference on odd sizes, and nothing left behind. */
import {
  engine,
  memory,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  tensor1d,
  tensor2d,
} from "@tensorflow/tfjs-core";
import { describe, expect, test } from "vitest";
import { type Random, seededRandom } from "../../core/rng.ts";
import { dequantise } from "../../model/block-dequantise.ts";
import { BLOCKS, type GgufTensor, type TensorType } from "../../model/gguf.ts";
import { encodeHalf } from "../../model/half.ts";
import type { BackendName } from "../engine.ts";
import { linearReference } from "./linear/linear.reference.ts";
import { linear } from "./linear/linear.ts";
import { uploadLinear, uploadLowRank } from "./linear/upload-linear.ts";
import { rmsNormReference } from "./rms-norm/rms-norm.reference.ts";
import { rmsNorm } from "./rms-norm/rms-norm.ts";
import { rotaryReference } from "./rotary/rotary.reference.ts";
import { rotary } from "./rotary/rotary.ts";
import { softmaxTotalsReference } from "./softmax-totals/softmax-totals.reference.ts";
import { softmaxTotals } from "./softmax-totals/softmax-totals.ts";
import { swigluReference } from "./swiglu/swiglu.reference.ts";
import { swiglu } from "./swiglu/swiglu.ts";
import { subtreeEnds } from "./tree-attention/subtree-ends.ts";
import { treeAttentionReference } from "./tree-attention/tree-attention.reference.ts";
import { treeAttention } from "./tree-attention/tree-attention.ts";

/** Uniform in [-1, 1), repeatable. */
export function randomValues(length: number, random: Random): Float32Array<ArrayBuffer> {
  return Float32Array.from({ length }, () => 2 * random() - 1);
}

/** A matrix [out, in] of any type with random blocks, weights of order 0.1. */
export function randomMatrix(type: TensorType, out: number, inputs: number, random: Random): GgufTensor {
  const block = BLOCKS[type];
  const bytes = Uint8Array.from(
    { length: ((out * inputs) / block.weights) * block.bytes },
    () => random() * 256,
  );
  const view = new DataView(bytes.buffer);
  for (let at = 0; at < bytes.length; at += block.bytes) {
    if (type === "F32") view.setFloat32(at, 0.2 * random() - 0.1, true);
    else view.setUint16(at, encodeHalf((type === "Q8_0" ? 0.1 : 1) * (0.002 + 0.01 * random())), true);
    if (type === "Q4_1") view.setUint16(at + 2, encodeHalf(-0.1 * random()), true);
  }
  return { name: `random ${type}`, type, shape: [out, inputs], bytes };
}

/** Largest absolute difference; NaN anywhere gives NaN, which no bound accepts. */
export function worstDifference(got: ArrayLike<number>, wanted: ArrayLike<number>): number {
  expect(got.length).toBe(wanted.length);
  let worst = 0;
  for (let i = 0; i < got.length; i++) {
    const difference = Math.abs((got[i] ?? Number.NaN) - (wanted[i] ?? Number.NaN));
    if (!(difference <= worst)) worst = difference;
  }
  return worst;
}

/** Reads a result and disposes it together with everything made for it. */
async function finish(result: Tensor, made: readonly Tensor[]): Promise<Float32Array> {
  const values = Float32Array.from(await result.data());
  for (const tensor of [result, ...made]) tensor.dispose();
  return values;
}

/** Two packed prompts: prefixes of 5 and 1 rows, branches of 3, 1 and 4 rows. */
const TWO_PROMPTS = subtreeEnds([-1, 0, 1, 2, 3, 4, 5, 6, 4, -1, 9, 10, 11, 12]);

/** A random forest: after every row some of the chain above it ends, more of it the larger `forking` (0: one chain, 1: roots only). */
function randomForest(rows: number, forking: number, random: Random): Int32Array {
  const parents: number[] = [];
  let parent = -1;
  for (let row = 0; row < rows; row++) {
    parents.push(parent);
    parent = row;
    while (parent >= 0 && random() < forking) parent = parents[parent] ?? -1;
  }
  return subtreeEnds(parents);
}

/** Call inside a test file after the backend has been started; `tolerance` is absolute, for values of order 1. */
export function opSuite(backend: BackendName, tolerance: number): void {
  describe.each(["F32", "F16", "Q4_0", "Q4_1", "Q8_0"] as const)("linear, %s weights", (type) => {
    test.for([
      [1, 5, 32],
      [3, 33, 64],
      [65, 96, 160],
      [7, 130, 1536],
    ] as const)("%i rows of [%i, %i]", async ([rows, out, inputs]) => {
      const random = seededRandom(rows * out + inputs);
      const matrix = randomMatrix(type, out, inputs, random);
      const x = randomValues(rows * inputs, random);
      const weight = uploadLinear(backend, [matrix], "test");
      const input = tensor2d(x, [rows, inputs]);
      const got = await finish(linear(input, weight), [input, weight[0].tensor]);
      const wanted = linearReference({
        x,
        weight: dequantise(matrix),
        rows,
        outFeatures: out,
        inFeatures: inputs,
      });
      expect(worstDifference(got, wanted)).toBeLessThan(tolerance);
    });
  });

  test.for([
    [1, 5, 32, 1],
    [3, 33, 64, 4],
    [65, 96, 160, 16],
    [9, 67, 96, 6],
  ] as const)(
    "linear with adapter and residual: %i rows of [%i, %i], rank %i",
    async ([rows, out, inputs, rank]) => {
      const random = seededRandom(rank);
      const matrix = randomMatrix("Q4_1", out, inputs, random);
      const x = randomValues(rows * inputs, random);
      const a = randomValues(rank * inputs, random);
      const b = randomValues(out * rank, random).map((value) => value / 10);
      const gate = randomValues(rows * rank, random);
      const residual = randomValues(rows * out, random);
      const weight = uploadLinear(backend, [matrix], "test");
      const lowRank = uploadLowRank(a, b, rank);
      const input = tensor2d(x, [rows, inputs]);
      const gates = tensor2d(gate, [rows, rank]);
      const added = tensor2d(residual, [rows, out]);
      const result = linear(input, weight, { adapter: { lowRank, gate: gates }, residual: added });
      const got = await finish(result, [input, gates, added, weight[0].tensor, lowRank.a, lowRank.b]);
      const wanted = linearReference({
        x,
        weight: dequantise(matrix),
        rows,
        outFeatures: out,
        inFeatures: inputs,
        adapter: { a, b, gate, rank },
        residual,
      });
      expect(worstDifference(got, wanted)).toBeLessThan(tolerance);
    },
  );

  test("linear stacks matrices by rows, also of different types", async () => {
    const random = seededRandom(11);
    for (const types of [
      ["Q4_1", "Q4_1"],
      ["Q4_0", "Q4_1"],
      ["Q8_0", "Q8_0"],
      ["Q4_1", "F16"],
    ] as const) {
      const matrices = types.map((type, i) => randomMatrix(type, 3 + 2 * i, 64, random));
      const x = randomValues(2 * 64, random);
      const weight = uploadLinear(backend, matrices, "test");
      const input = tensor2d(x, [2, 64]);
      const got = await finish(linear(input, weight), [input, weight[0].tensor]);
      const stacked = Float32Array.from(matrices.flatMap((matrix) => [...dequantise(matrix)]));
      const wanted = linearReference({ x, weight: stacked, rows: 2, outFeatures: 8, inFeatures: 64 });
      expect(worstDifference(got, wanted), types.join()).toBeLessThan(tolerance);
    }
  });

  // Nothing is ever too large for WASM to bind.
  test.runIf(backend === "webgpu")(
    "a weight over the binding limit is split by rows, for the same product",
    async () => {
      const random = seededRandom(12);
      const [rows, inputs, rank] = [3, 64, 4];
      const matrices = [randomMatrix("Q4_1", 11, inputs, random), randomMatrix("Q8_0", 10, inputs, random)];
      const x = tensor2d(randomValues(rows * inputs, random), [rows, inputs]);
      const gate = tensor2d(randomValues(rows * rank, random), [rows, rank]);
      const residual = tensor2d(randomValues(rows * 21, random), [rows, 21]);
      const lowRank = uploadLowRank(
        randomValues(rank * inputs, random),
        randomValues(21 * rank, random),
        rank,
      );
      const whole = uploadLinear(backend, matrices, "test");
      const split = uploadLinear(backend, matrices, "test", 8 * inputs * 4);
      expect(whole.map(({ outFeatures }) => outFeatures)).toEqual([21]);
      expect(split).toHaveLength(3);
      for (const { tensor } of split) expect(4 * tensor.size).toBeLessThanOrEqual(8 * inputs * 4);
      // Parts of one type stay packed.
      expect(split[0].type).toBe("q4_1");
      const options = { adapter: { lowRank, gate }, residual };
      const wanted = await finish(linear(x, whole, options), []);
      const made = [...whole, ...split].map(({ tensor }) => tensor);
      const got = await finish(linear(x, split, options), [x, gate, residual, lowRank.a, lowRank.b, ...made]);
      expect(worstDifference(got, wanted)).toBeLessThan(tolerance);
    },
  );

  test.for([
    [1, 1],
    [1, 64],
    [3, 65],
    [2, 576],
  ] as const)("rmsNorm %i x %i", async ([rows, width]) => {
    const random = seededRandom(width);
    const x = randomValues(rows * width, random);
    const gain = randomValues(width, random);
    const input: Tensor2D = tensor2d(x, [rows, width]);
    const gains: Tensor1D = tensor1d(gain);
    const got = await finish(rmsNorm(input, gains, 1e-5), [input, gains]);
    expect(worstDifference(got, rmsNormReference(x, gain, 1e-5))).toBeLessThan(tolerance);
  });

  test.for([
    [1, { heads: 1, kvHeads: 1, headDim: 2 }],
    [5, { heads: 3, kvHeads: 1, headDim: 6 }],
    [33, { heads: 9, kvHeads: 3, headDim: 64 }],
  ] as const)("rotary, %i rows of %o", async ([rows, shape]) => {
    const random = seededRandom(rows);
    const width = (shape.heads + 2 * shape.kvHeads) * shape.headDim;
    const qkv = randomValues(rows * width, random);
    const angles = randomValues((rows * shape.headDim) / 2, random);
    const cos = angles.map(Math.cos);
    const sin = angles.map(Math.sin);
    const inputs = [
      tensor2d(qkv, [rows, width]),
      tensor2d(cos, [rows, shape.headDim / 2]),
      tensor2d(sin, [rows, shape.headDim / 2]),
    ] as const;
    const got = await finish(rotary(...inputs, shape), inputs);
    expect(worstDifference(got, rotaryReference(qkv, cos, sin, shape))).toBeLessThan(tolerance);
  });

  const checkTreeAttention = async (ends: Int32Array, random: Random) => {
    const rows = ends.length;
    for (const shape of [
      { heads: 3, kvHeads: 1, headDim: 6 },
      { heads: 9, kvHeads: 3, headDim: 64 },
    ]) {
      const width = (shape.heads + 2 * shape.kvHeads) * shape.headDim;
      const qkv = randomValues(rows * width, random);
      const input = tensor2d(qkv, [rows, width]);
      const bounds = tensor1d(ends, "int32");
      const got = await finish(treeAttention(input, bounds, shape), [input, bounds]);
      expect(worstDifference(got, treeAttentionReference(qkv, ends, shape))).toBeLessThan(tolerance);
    }
  };

  test.for([
    ["one row", subtreeEnds([-1])],
    ["a chain", subtreeEnds(Array.from({ length: 70 }, (_, i) => i - 1))],
    ["two prompts with branches", TWO_PROMPTS],
    ["rows that see themselves alone", subtreeEnds(Array.from({ length: 67 }, () => -1))],
  ] as const)("treeAttention, %s", ([, ends]) => checkTreeAttention(ends, seededRandom(ends.length)));

  test.for([
    [2, 0.5],
    [31, 0.3],
    [97, 0.45],
    [131, 0.1],
    [257, 0.02],
    [301, 0.8],
  ] as const)("treeAttention, a random forest of %i rows, forking %f", ([rows, forking]) => {
    const random = seededRandom(rows);
    return checkTreeAttention(randomForest(rows, forking, random), random);
  });

  test("treeAttention stays exact where logits are large", async () => {
    const shape = { heads: 1, kvHeads: 1, headDim: 64 };
    const ends = TWO_PROMPTS;
    const rows = ends.length;
    const qkv = randomValues(rows * 192, seededRandom(2)).map((value, i) =>
      i % 192 < 128 ? 12 * value : value,
    );
    const input = tensor2d(qkv, [rows, 192]);
    const bounds = tensor1d(ends, "int32");
    const got = await finish(treeAttention(input, bounds, shape), [input, bounds]);
    // Logits reach some hundreds, where one f32 rounding of a logit is 3e-5 and so are the weights' errors.
    expect(worstDifference(got, treeAttentionReference(qkv, ends, shape))).toBeLessThan(10 * tolerance);
  });

  test.for([
    [1, 1],
    [3, 33],
    [65, 1536],
  ] as const)("swiglu %i x %i", async ([rows, width]) => {
    const gateUp = randomValues(rows * 2 * width, seededRandom(width)).map((value) => 20 * value);
    const input = tensor2d(gateUp, [rows, 2 * width]);
    const got = await finish(swiglu(input), [input]);
    // Products reach 400: the bound is relative.
    const wanted = swigluReference(gateUp, width);
    expect(
      worstDifference(
        got.map((value) => value / 400),
        wanted.map((value) => value / 400),
      ),
    ).toBeLessThan(tolerance);
  });

  test.for([
    [1, 1],
    [3, 2],
    [5, 67],
    [17, 1030],
    [2, 20_000],
  ] as const)("softmaxTotals %i x %i", async ([rows, width]) => {
    const x = randomValues(rows * width, seededRandom(width)).map((value) => 30 * value - 200);
    const input = tensor2d(x, [rows, width]);
    const got = await finish(softmaxTotals(input), [input]);
    const wanted = softmaxTotalsReference(x, width);
    const isLargest = (_: number, i: number) => i % 2 === 0;
    expect(got.filter(isLargest)).toEqual(wanted.filter(isLargest));
    const logTotal = (values: Float32Array) => values.filter((_, i) => i % 2 === 1).map(Math.log);
    expect(worstDifference(logTotal(got), logTotal(wanted))).toBeLessThan(tolerance);
  });

  // WGSL leaves open what such values give.
  test.runIf(backend === "wasm")("softmaxTotals of what is not finite is no number", async () => {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) {
      const input = tensor2d([0, 1, 2, value, 1, 0], [1, 6]);
      const [, total] = await finish(softmaxTotals(input), [input]);
      expect(total).toBeNaN();
    }
  });

  test("no op leaves a tensor behind", () => {
    const random = seededRandom(3);
    const before = aliveBuffers();
    const shape = { heads: 3, kvHeads: 1, headDim: 32 };
    const x = tensor2d(randomValues(14 * 160, random), [14, 160]);
    const gain = tensor1d(randomValues(160, random));
    const angles = tensor2d(randomValues(14 * 16, random), [14, 16]);
    const ends = tensor1d(TWO_PROMPTS, "int32");
    const gate = tensor2d(randomValues(14 * 4, random), [14, 4]);
    const weight = uploadLinear(backend, [randomMatrix("Q4_1", 160, 160, random)], "test");
    const lowRank = uploadLowRank(randomValues(640, random), randomValues(640, random), 4);
    const made: Tensor[] = [x, gain, angles, ends, gate, weight[0].tensor, lowRank.a, lowRank.b];
    made.push(rmsNorm(x, gain, 1e-5), rotary(x, angles, angles, shape));
    made.push(linear(x, weight, { adapter: { lowRank, gate }, residual: x }));
    made.push(treeAttention(x, ends, shape), swiglu(x), softmaxTotals(x));
    for (const tensor of made) tensor.dispose();
    expect(aliveBuffers()).toEqual(before);
  });
}

/** Tensors, and the data behind them: what a kernel makes for itself is data that no tensor ever stood for. */
export function aliveBuffers(): { readonly tensors: number; readonly data: number } {
  return { tensors: memory().numTensors, data: engine().backend.numDataIds() };
}
