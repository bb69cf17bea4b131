/** @file What must stay flat over many requests and loads on WebGPU. VITE_SOAK=500 makes as many requests, and a tenth as many loads. */
import { beforeAll, expect, test } from "vitest";
import { toFailure } from "../../core/failure.ts";
import { seededRandom } from "../../core/rng.ts";
import { loadEngine } from "../load-engine.ts";
import { aliveTensors, makeShallow, type ShallowFixture, verdictsOf } from "../shallow-fixture.ts";
import { makeFragileGpu } from "./fragile-gpu.ts";
import { readServedFixture } from "./served-fixture.ts";
import { MOST_FREE_BYTES } from "./start-webgpu.ts";
import { webgpuBackend } from "./webgpu-backend.ts";

const REQUESTS = Number(import.meta.env["VITE_SOAK"] ?? 20);
const LOADS = Math.ceil(REQUESTS / 10);
const PATIENCE_MS = 3_600_000;

let fixture: ShallowFixture;

beforeAll(async () => {
  fixture = await makeShallow(await readServedFixture(), "webgpu");
}, 300_000);

function held(): { readonly tensors: number; readonly usedBytes: number; readonly usedBuffers: number } {
  const { bufferManager } = webgpuBackend();
  return {
    tensors: aliveTensors().tensors,
    usedBytes: bufferManager.numBytesUsed,
    usedBuffers: bufferManager.getNumUsedBuffers(),
  };
}

test(
  `${REQUESTS} requests, answered or cancelled, leave tensors and buffers as they were`,
  async () => {
    const { engine } = await loadEngine({ ...fixture, backend: "webgpu" });
    const random = seededRandom(7);
    await verdictsOf(engine, fixture.prompt(3));
    const before = held();
    let mostFreeBytes = 0;
    let cancelled = 0;
    for (let i = 0; i < REQUESTS; i++) {
      const cancel = new AbortController();
      if (i % 4 === 3) setTimeout(() => cancel.abort(), 20 * random());
      const prompt = fixture.prompt(1 + Math.floor(3 * random()));
      const answer = await verdictsOf(engine, prompt, cancel.signal).catch(toFailure);
      if (Array.isArray(answer)) expect(answer.every(Number.isFinite)).toBe(true);
      else {
        expect(answer).toEqual({ kind: "cancelled" });
        cancelled++;
      }
      const { numBytesAllocated, numBytesUsed } = webgpuBackend().bufferManager;
      mostFreeBytes = Math.max(mostFreeBytes, numBytesAllocated - numBytesUsed);
    }
    // What a cancelled request still reads is let go when the reading is through.
    await verdictsOf(engine, fixture.prompt(3));
    expect(held()).toEqual(before);
    expect(mostFreeBytes).toBeLessThan(2 * MOST_FREE_BYTES);
    console.info(`${REQUESTS} requests, ${cancelled} cancelled: ${JSON.stringify(before)} before and after`);
    engine.dispose();
  },
  PATIENCE_MS,
);

test(
  `${LOADS} loads and disposals leave no tensor and no device`,
  async () => {
    const gpu = makeFragileGpu(navigator.gpu);
    const sizes = new Set<number>();
    for (let i = 0; i < LOADS; i++) {
      const { engine } = await loadEngine({ ...fixture, backend: "webgpu", gpu: gpu.gpu });
      sizes.add(held().usedBytes);
      engine.dispose();
      expect(aliveTensors()).toEqual({ tensors: 0, bytes: 0 });
    }
    await expect.poll(gpu.alive).toBe(0);
    expect(gpu.devices).toHaveLength(LOADS);
    expect(sizes.size).toBe(1);
    console.info(`${LOADS} loads: ${[...sizes].join()} bytes of buffers each, ${gpu.alive()} devices left`);
  },
  PATIENCE_MS,
);
