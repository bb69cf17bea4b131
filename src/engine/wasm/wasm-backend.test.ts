import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import {
  engine,
  findBackend,
  gather,
  memory,
  removeBackend,
  tensor1d,
  tensor2d,
} from "@tensorflow/tfjs-core";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { seededRandom } from "../../core/rng.ts";
import { linear } from "../ops/linear/linear.ts";
import { uploadLinear, uploadLowRank } from "../ops/linear/upload-linear.ts";
import { randomMatrix, randomValues } from "../ops/op-suite.ts";
import { rmsNorm } from "../ops/rms-norm/rms-norm.ts";
import { swiglu } from "../ops/swiglu/swiglu.ts";
import { subtreeEnds } from "../ops/tree-attention/subtree-ends.ts";
import { treeAttention } from "../ops/tree-attention/tree-attention.ts";
import { startWasm } from "./start-wasm.ts";
import { wasmBackend } from "./wasm-backend.ts";

const MIB = 2 ** 20;

beforeEach(async () => {
  await startWasm({ threads: 2 });
});

afterAll(() => {
  removeBackend("wasm");
});

/** Every kernel on its own random input, with `spoil` put over the inputs. */
async function runAll(
  spoil: (value: number, i: number) => number = (value) => value,
): Promise<Float32Array[]> {
  const random = seededRandom(5);
  const shape = { heads: 6, kvHeads: 2, headDim: 32 };
  const rows = 77;
  const values = (length: number) => randomValues(length, random).map(spoil);
  const x = tensor2d(values(rows * 320), [rows, 320]);
  const gain = tensor1d(values(320));
  const gate = tensor2d(values(rows * 8), [rows, 8]);
  const weight = uploadLinear("wasm", [randomMatrix("Q4_1", 320, 320, random)], "test");
  const lowRank = uploadLowRank(values(8 * 320), values(320 * 8), 8);
  const parents = Array.from({ length: rows }, (_, row) => (row % 11 === 0 ? -1 : row - 1));
  const ends = tensor1d(subtreeEnds(parents), "int32");
  const picked = tensor1d([3, 1, 76], "int32");
  const inputs = [x, gain, gate, weight[0].tensor, lowRank.a, lowRank.b, ends, picked];
  const outputs = [
    linear(x, weight, { adapter: { lowRank, gate }, residual: x }),
    rmsNorm(x, gain, 1e-5),
    treeAttention(x, ends, shape),
    swiglu(x),
    gather(x, picked),
  ];
  const read = await Promise.all(outputs.map((output) => output.data<"float32">()));
  for (const tensor of [...inputs, ...outputs]) tensor.dispose();
  return read;
}

describe("threads", () => {
  test("1, 2 and 3 give the same answers bit for bit, in one memory", async () => {
    const answers: Float32Array[][] = [];
    for (const threads of [1, 2, 3, 1]) {
      const { adapterName } = await startWasm({ threads });
      expect(adapterName).toBe(`WebAssembly SIMD, ${threads} ${threads === 1 ? "thread" : "threads"}`);
      answers.push(await runAll());
    }
    for (const other of answers.slice(1)) expect(other).toEqual(answers[0]);
  });

  test("starts that overlap end with the number asked for last, and one backend", async () => {
    removeBackend("wasm");
    const [, , last] = await Promise.all([3, 1, 2].map((threads) => startWasm({ threads })));
    expect(last?.adapterName).toBe("WebAssembly SIMD, 2 threads");
    expect(wasmBackend().runtime.threads).toBe(2);
    expect(findBackend("wasm")).toBe(engine().backend);
  });

  test("more than the most, or none, are taken as the nearest possible number", async () => {
    await startWasm({ threads: 0 });
    expect(wasmBackend().runtime.threads).toBe(1);
  });
});

describe("tensors", () => {
  test("come back as they were written, outside of the shared memory", async () => {
    const floats = tensor1d([1.5, -2, Number.NaN, Number.POSITIVE_INFINITY]);
    const ints = tensor1d([1, -2, 2 ** 31 - 1], "int32");
    const read = await floats.data();
    expect([...read]).toEqual([1.5, -2, Number.NaN, Number.POSITIVE_INFINITY]);
    expect(read.buffer).toBeInstanceOf(ArrayBuffer);
    expect(ints.dataSync()).toEqual(Int32Array.of(1, -2, 2 ** 31 - 1));
    // What was read is the reader's own.
    read.fill(0);
    expect((await floats.data())[0]).toBe(1.5);
    floats.dispose();
    ints.dispose();
  });

  test("leave nothing behind", async () => {
    const before = { ...wasmBackend().runtime.heap, blocks: wasmBackend().runtime.heap.blocks };
    const tensors = memory().numTensors;
    await runAll();
    expect(wasmBackend().runtime.heap.blocks).toBe(before.blocks);
    expect(wasmBackend().numDataIds()).toBe(before.blocks);
    expect(memory().numTensors).toBe(tensors);
  });

  test("that do not fit fail by name, and what is there stays", async () => {
    const kept = tensor1d([1, 2, 3]);
    const { runtime } = wasmBackend();
    const before = runtime.heap.blocks;
    expect(() => wasmBackend().makeOutput([2 ** 30 + 1], "float32")).toThrow(
      expect.objectContaining({ failure: expect.objectContaining({ kind: "out-of-memory", part: "pass" }) }),
    );
    expect(runtime.heap.blocks).toBe(before);
    expect([...(await kept.data())]).toEqual([1, 2, 3]);
    kept.dispose();
  });

  test("of another shape than a kernel was told are refused before it runs", () => {
    const weight = uploadLinear("wasm", [randomMatrix("Q4_1", 8, 64, seededRandom(1))], "test");
    const x = tensor2d(new Float32Array(64), [1, 64]);
    expect(() => linear(x, [{ ...weight[0], outFeatures: 800 }])).toThrow("expected int32");
    x.dispose();
    weight[0].tensor.dispose();
  });
});

describe("garbage", () => {
  test.for([
    ["NaN", Number.NaN],
    ["infinity", Number.POSITIVE_INFINITY],
    ["the largest float", 3.4e38],
    ["a subnormal float", 1e-44],
  ] as const)("%s comes out as numbers of some kind, and the next answer is right", async ([, value]) => {
    const clean = await runAll();
    await runAll(() => value);
    await runAll((own, i) => (i % 7 === 0 ? value : own));
    expect(await runAll()).toEqual(clean);
  });

  test("ends that do not lie ahead, and rows that do not exist, are refused", () => {
    const shape = { heads: 1, kvHeads: 1, headDim: 32 };
    const qkv = tensor2d(new Float32Array(3 * 96), [3, 96]);
    for (const ends of [
      [3, 1, 3],
      [3, 3, 4],
      [0, 3, 3],
      [3, -5, 3],
    ]) {
      const bounds = tensor1d(ends, "int32");
      expect(() => treeAttention(qkv, bounds, shape)).toThrow("ends at");
      bounds.dispose();
    }
    for (const row of [-1, 3]) {
      const rows = tensor1d([row], "int32");
      expect(() => gather(qkv, rows)).toThrow("of 3");
      rows.dispose();
    }
    qkv.dispose();
  });
});

test("packed weights take the bytes that the memory plan reckons with", () => {
  const { kernels } = wasmBackend().runtime;
  const bytesPerBlock = { 0: 128, 1: 128, 2: 20, 3: 20, 8: 34 };
  for (const [type, bytes] of Object.entries(bytesPerBlock))
    expect(kernels.weightBytes(Number(type), 13, 96)).toBe(16 * 3 * bytes);
});

test("the memory is flat over 50 rounds of weights and answers", async () => {
  const { runtime } = wasmBackend();
  let heapBytes = 0;
  for (let round = 0; round < 50; round++) {
    const random = seededRandom(round);
    const weights = Array.from({ length: 4 }, (_, i) =>
      uploadLinear("wasm", [randomMatrix("Q4_1", 256 + 8 * (i % 3), 320, random)], "test"),
    );
    await runAll();
    for (const [{ tensor }] of weights) tensor.dispose();
    if (round === 1) heapBytes = runtime.heap.heapBytes;
  }
  expect(runtime.heap.heapBytes).toBe(heapBytes);
  expect(heapBytes).toBeLessThan(32 * MIB);
});

test("a backend that is removed lets its threads and its memory go, 50 times over", async () => {
  const rss = () => process.memoryUsage.rss() / MIB;
  let early = 0;
  for (let round = 0; round < 50; round++) {
    removeBackend("wasm");
    await startWasm({ threads: 2 });
    // 32 MiB, all of them written to.
    const big = tensor1d(new Float32Array(8 * MIB).fill(round));
    big.dispose();
    if (round === 10) early = rss();
  }
  // 40 memories kept would be 1,280 MiB. On a busy machine the collector and the threads that end may be most of them behind, so it is asked.
  setFlagsFromString("--expose-gc");
  const collect: () => void = runInNewContext("gc");
  const grown = () => {
    collect();
    return rss() - early;
  };
  await expect.poll(grown, { timeout: 60_000, interval: 200 }).toBeLessThan(500);
});
