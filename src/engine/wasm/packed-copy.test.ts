import { BackendWasm } from "@tensorflow/tfjs-backend-wasm";
import { backend, matMul, memory, type Tensor2D, tensor2d } from "@tensorflow/tfjs-core";
import { beforeAll, expect, test } from "vitest";
import { present } from "../../core/invariant.ts";
import { keepPackedCopyOnly } from "./packed-copy.ts";
import { startWasm } from "./start-wasm.ts";
import { heapFloats } from "./wasm-kernel.ts";

const SIDE = 1024;
const MIB = 2 ** 20;

beforeAll(async () => {
  await startWasm();
}, 60_000);

function heapBytes(): number {
  const current = backend();
  if (!(current instanceof BackendWasm)) throw new Error("wasm is not the current backend");
  const probe = current.makeOutput([1], "float32");
  const { byteLength } = heapFloats(current, probe).buffer;
  current.disposeData(probe.dataId);
  return byteLength;
}

/** 4 MiB each. */
const upload = (value: number): Tensor2D =>
  keepPackedCopyOnly(tensor2d(new Float32Array(SIDE * SIDE).fill(value), [SIDE, SIDE]));

test("a weight is held once, and gone when disposed", async () => {
  const before = heapBytes();
  const weights = Array.from({ length: 32 }, (_, i) => upload(i));
  // 128 MiB of weights; emscripten grows its heap by a fifth more than it needs.
  const grown = heapBytes() - before;
  expect(grown).toBeLessThan(180 * MIB);

  const ones = tensor2d(new Float32Array(SIDE).fill(1), [1, SIDE]);
  for (const [i, weight] of weights.entries()) {
    const product = matMul(ones, weight);
    expect(present((await product.data())[SIDE - 1], "a sum")).toBe(i * SIDE);
    product.dispose();
  }
  for (const weight of weights) weight.dispose();
  for (const weight of Array.from({ length: 32 }, (_, i) => upload(i))) weight.dispose();
  expect(heapBytes() - before).toBe(grown);
  ones.dispose();
  expect(memory().numTensors).toBe(0);
});
