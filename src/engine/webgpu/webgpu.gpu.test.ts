import { getBackend, memory, tensor1d, tensor2d } from "@tensorflow/tfjs-core";
import { describe, expect, test } from "vitest";
import { FailureError, toFailure } from "../../core/failure.ts";
import { rmsNorm } from "../ops/rms-norm/rms-norm.ts";
import { swiglu } from "../ops/swiglu/swiglu.ts";
import { startWebgpu } from "./start-webgpu.ts";
import { webgpuBackend } from "./webgpu-backend.ts";
import { runProgram, runProgramToOne } from "./webgpu-kernel.ts";

/** silu(1) * 2 */
async function answer(): Promise<number> {
  const gateUp = tensor2d([1, 2], [1, 2]);
  const result = swiglu(gateUp);
  const [value = Number.NaN] = await result.data();
  gateUp.dispose();
  result.dispose();
  return value;
}

describe("starting", () => {
  test("takes the adapter's own limits and tells its name", async () => {
    const { adapterName, device, limits } = await startWebgpu();
    const adapter = await navigator.gpu.requestAdapter({ powerPreference: "high-performance" });
    expect(getBackend()).toBe("webgpu");
    expect(webgpuBackend().device).toBe(device);
    expect(limits.maxStorageBufferBindingSize).toBe(adapter!.limits.maxStorageBufferBindingSize);
    expect(limits.maxBufferSize).toBe(adapter!.limits.maxBufferSize);
    for (const word of [adapter!.info.vendor, adapter!.info.architecture])
      expect(adapterName).toContain(word);
    expect(await answer()).toBeCloseTo(2 / (1 + Math.exp(-1)), 6);
  });

  test.for([
    ["there is no WebGPU", null, /offers no WebGPU/],
    ["there is no adapter", { requestAdapter: async (): Promise<unknown> => null }, /no GPU adapter/],
    [
      "the device is refused",
      {
        requestAdapter: async (): Promise<unknown> => ({
          limits: {},
          features: new Set(),
          requestDevice: () => Promise.reject(new Error("the driver is blocked")),
        }),
      },
      /the driver is blocked/,
    ],
  ] as const)("fails with the reason where %s", async ([, gpu, reason]) => {
    const failure = await startWebgpu({ gpu: gpu as unknown as GPU | null }).catch(toFailure);
    expect(failure).toEqual({ kind: "no-webgpu", reason: expect.stringMatching(reason) });
  });
});

describe("losing the device", () => {
  test("is told with its reason, and a new start works", async () => {
    const first = await startWebgpu();
    expect(await answer()).toBeGreaterThan(0);
    first.device.destroy();
    expect(await first.lost).toEqual({ kind: "device-lost", reason: expect.stringMatching(/\w/) });
    const second = await startWebgpu();
    expect(second.device).not.toBe(first.device);
    expect(await answer()).toBeCloseTo(2 / (1 + Math.exp(-1)), 6);
  });

  test("fails what was being computed", async () => {
    const { device } = await startWebgpu();
    const gateUp = tensor2d([1, 2], [1, 2]);
    const result = swiglu(gateUp);
    const reading = result.data();
    device.destroy();
    await expect(reading).rejects.toThrow();
  });

  test("is what an error of the GPU leads to, and the error is told", async () => {
    const { device, lost } = await startWebgpu();
    device.createBuffer({ size: device.limits.maxBufferSize + 4, usage: GPUBufferUsage.STORAGE });
    device.queue.submit([]); // Chromium sends nothing to the GPU before a submit.
    expect((await lost).reason).toMatch(/size/i);
  });
});

test("a tensor over the device's binding limit is refused by name and size before anything is allocated", async () => {
  const { limits } = await startWebgpu();
  const rows = limits.maxStorageBufferBindingSize / 4 + 1;
  const info = { dataId: {}, shape: [rows, 1], dtype: "int32" } as const;
  const run = () =>
    runProgram(webgpuBackend(), {
      key: "never",
      source: () => "",
      inputs: [{ name: "weight", info: { ...info, shape: [...info.shape] } }],
      outputs: [{ name: "result", shape: [1] }],
      workgroupSize: [1, 1, 1],
      workgroups: [1, 1],
    });
  expect(run).toThrow(FailureError);
  expect(run).toThrow(`weight [${rows}, 1] takes ${4 * rows} bytes`);
});

test("a program that does not compile ends the device", async () => {
  const { lost } = await startWebgpu();
  const x = tensor1d([1]);
  const { dataId } = runProgramToOne(webgpuBackend(), {
    key: "broken",
    source: () => "fn main() { this is no WGSL }",
    inputs: [{ name: "x", info: x }],
    outputs: [{ name: "result", shape: [1] }],
    workgroupSize: [1, 1, 1],
    workgroups: [1, 1],
  });
  // Nothing reaches the GPU before a submit, which a reading brings.
  await expect(webgpuBackend().read(dataId)).rejects.toThrow();
  expect((await lost).reason).toMatch(/WGSL/);
});

test("requests of ever new lengths do not fill the GPU with buffers for reuse", async () => {
  await startWebgpu();
  const gain = tensor1d(new Float32Array(576).fill(1));
  let most = 0;
  for (let rows = 400; rows < 480; rows++) {
    const x = tensor2d(new Float32Array(rows * 576), [rows, 576]);
    const y = rmsNorm(x, gain, 1e-5);
    await y.data();
    x.dispose();
    y.dispose();
    most = Math.max(most, webgpuBackend().memory().numBytesAllocatedInGPU);
  }
  // One length takes 1 MB three times over; 80 lengths kept would be some 240 MB.
  expect(most).toBeLessThan(32 * 2 ** 20);
  gain.dispose();
});

test("a worker computes the same", async () => {
  await startWebgpu();
  const before = memory().numTensors;
  const here = await answer();
  const worker = new Worker(new URL("./webgpu-test-worker.ts", import.meta.url), { type: "module" });
  const reply = await new Promise<{ backend: string; adapterName: string; value: number }>(
    (resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = ({ message }) => reject(new Error(message));
    },
  );
  worker.terminate();
  expect(reply).toEqual({ backend: "webgpu", adapterName: expect.stringMatching(/\w/), value: here });
  expect(memory().numTensors).toBe(before);
});
