import { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import { findBackend, getKernel, registerKernel, unregisterKernel } from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { toFailure } from "../../core/failure.ts";
import { seededRandom } from "../../core/rng.ts";
import { type LoadRequest, loadEngine } from "../load-engine.ts";
import { worstDifference } from "../ops/op-suite.ts";
import { RMS_NORM } from "../ops/rms-norm/rms-norm.ts";
import { aliveTensors, makeShallow, type ShallowFixture, verdictsOf } from "../shallow-fixture.ts";
import { wasmFiles } from "../wasm/wasm-files.ts";
import { type DeviceCall, makeFragileGpu } from "./fragile-gpu.ts";
import { readServedFixture } from "./served-fixture.ts";
import { MOST_FREE_BYTES } from "./start-webgpu.ts";

const SEED = 20;
const BETWEEN_REQUESTS = 3;
/** Of the 21 moments at which a device is lost. Each costs a new device, which a GPU in software takes 15 seconds to prepare: VITE_LOSSES=21 for all. */
const LOSSES = Number(import.meta.env["VITE_LOSSES"] ?? 7);

let fixture: ShallowFixture;
let wanted: number[];

interface Call {
  readonly phase: "upload" | "probe" | "request";
  readonly call: DeviceCall;
}

/** Loads on a GPU that can be destroyed, and tells what the engine is at. */
function fragile(changes: Partial<LoadRequest> = {}) {
  const gpu = makeFragileGpu(navigator.gpu);
  const at: { phase: Call["phase"] } = { phase: "upload" };
  const load = () =>
    loadEngine({
      ...fixture,
      backend: "auto",
      gpu: gpu.gpu,
      wasmFiles,
      threads: 1,
      onStage: (stage) => {
        at.phase = stage === "probing" ? "probe" : "upload";
      },
      ...changes,
    });
  return { gpu, at, load };
}

beforeAll(async () => {
  fixture = await makeShallow(await readServedFixture(), "webgpu");
  const { engine } = await fragile().load();
  wanted = await verdictsOf(engine, fixture.prompt(3));
  engine.dispose();
  expect(aliveTensors()).toEqual({ tensors: 0, bytes: 0 });
}, 300_000);

/** Every call on the device of an undisturbed load and request, in order. */
async function undisturbed(): Promise<readonly Call[]> {
  const { gpu, at, load } = fragile();
  const calls: Call[] = [];
  gpu.onCall = (call) => calls.push({ phase: at.phase, call });
  const { engine } = await load();
  at.phase = "request";
  await verdictsOf(engine, fixture.prompt(3));
  engine.dispose();
  return calls;
}

describe("a device that is lost at any moment", () => {
  test("is replaced, every request is answered once and as before, and nothing stays behind", async () => {
    const calls = await undisturbed();
    const random = seededRandom(SEED);
    const pick = (wants: (call: Call) => boolean, count: number): number[] => {
      const places = calls.flatMap((call, place) => (wants(call) ? [place] : []));
      expect(places.length).toBeGreaterThan(0);
      return Array.from({ length: count }, () => places[Math.floor(random() * places.length)] ?? 0);
    };
    const firstOf = (kind: DeviceCall) =>
      calls.findIndex(({ phase, call }) => phase === "request" && call === kind);
    const all = [
      ...pick(({ phase }) => phase === "upload", 3),
      ...pick(({ phase }) => phase === "probe", 4),
      // The first submit and the read-back: how often work is submitted between them depends on the device's pace.
      ...Array.from({ length: 6 }, () => firstOf("submit")),
      ...Array.from({ length: 5 }, () => firstOf("mapAsync")),
      ...Array.from({ length: BETWEEN_REQUESTS }, () => calls.length),
    ];
    // Some of every kind, since they stand kind by kind.
    const moments = Array.from({ length: LOSSES }, (_, i) => all[Math.floor((i * all.length) / LOSSES)] ?? 0);
    expect(moments.length).toBeGreaterThanOrEqual(7);
    const firstOfRequest = calls.findIndex(({ phase }) => phase === "request");

    let time = 0;
    const { gpu, at, load } = fragile({ now: () => (time += 61_000) });
    // The first of them while the engine is loaded for the first time, the others while it is replaced or at work.
    const destroyAt = (place: number, later: boolean) => {
      const inRequest = at.phase === "request";
      // An engine that has answered before caches what it can, so in a request only calls of the same kind count.
      const counts = (call: DeviceCall | undefined) => !inRequest || call === calls[place]?.call;
      let left = calls.slice(inRequest ? firstOfRequest : 0, place).filter(({ call }) => counts(call)).length;
      gpu.onCall = (call, device) => {
        if (!counts(call) || left-- !== 0) return;
        if (later) setTimeout(() => device.destroy());
        else device.destroy();
      };
    };
    let loaded: Awaited<ReturnType<typeof load>> | undefined;
    for (const place of moments) {
      const later = random() < 0.5;
      const { phase, call } = calls[place] ?? { phase: "idle", call: "no call" };
      const what = `call ${place} (${call}, ${phase}), ${later ? "a turn later" : "at once"}`;
      const devicesBefore = gpu.devices.length;
      if (loaded === undefined) destroyAt(place, later);
      loaded ??= await load();
      const { engine } = loaded;
      at.phase = "request";
      if (phase === "idle") {
        gpu.devices.at(-1)?.destroy();
        if (later) await engine.nextToken([fixture.tokenizer.single(" Yes")], 1);
      } else if (phase === "request") destroyAt(place, later);
      else if (devicesBefore > 0) {
        // While the next device is prepared, too.
        at.phase = "upload";
        destroyAt(place, later);
        gpu.devices.at(-1)?.destroy();
      }
      const answered = vi.fn((verdicts: number[]) => verdicts);
      const verdicts = await verdictsOf(engine, fixture.prompt(3)).then(answered);
      gpu.onCall = () => {};
      expect(worstDifference(verdicts, wanted), what).toBeLessThan(1e-4);
      expect(answered, what).toHaveBeenCalledTimes(1);
      expect(engine.backend, what).toBe("webgpu");
      expect(loaded.fallback, what).toBeNull();
      // A loss a turn after the last call may find everything answered already.
      if (!later) expect(gpu.devices.length, what).toBeGreaterThan(devicesBefore);
      await vi.waitFor(() => expect(gpu.alive(), what).toBeLessThanOrEqual(1));
    }
    expect(gpu.devices.length).toBeGreaterThanOrEqual(LOSSES - 1);
    loaded?.engine.dispose();
    expect(aliveTensors()).toEqual({ tensors: 0, bytes: 0 });
    await vi.waitFor(() => expect(gpu.alive()).toBe(0));
  }, 1_800_000);
});

describe("a device that keeps failing", () => {
  test("gives way to the processor, which answers, and the page is told why", async () => {
    const { gpu, load } = fragile();
    const loaded = await load();
    gpu.onCall = (call, device) => {
      if (call === "submit") device.destroy();
    };
    const verdicts = await verdictsOf(loaded.engine, fixture.prompt(3));
    expect(worstDifference(verdicts, wanted)).toBeLessThan(2e-2);
    expect(loaded.engine.backend).toBe("wasm");
    expect(loaded.fallback).toEqual({ kind: "device-lost-twice", reason: expect.stringMatching(/\w/) });
    loaded.engine.dispose();
    expect(aliveTensors()).toEqual({ tensors: 0, bytes: 0 });
    await vi.waitFor(() => expect(gpu.alive()).toBe(0));
  });

  test("already while loading gives way, and fails where it was asked for by name", async () => {
    for (const backend of ["auto", "webgpu"] as const) {
      const { gpu, at, load } = fragile({ backend });
      gpu.onCall = (call, device) => {
        if (at.phase === "probe" && call === "submit") device.destroy();
      };
      const loaded = await load().catch(toFailure);
      expect(gpu.devices.length).toBe(2);
      if (backend === "webgpu") expect(loaded).toMatchObject({ kind: "device-lost-twice" });
      else {
        if (!("engine" in loaded)) throw new Error(JSON.stringify(loaded));
        expect(loaded.engine.backend).toBe("wasm");
        expect(loaded.fallback).toMatchObject({ kind: "device-lost-twice" });
        loaded.engine.dispose();
      }
      expect(aliveTensors()).toEqual({ tensors: 0, bytes: 0 });
      await vi.waitFor(() => expect(gpu.alive()).toBe(0));
    }
  });

  test("but more than a minute apart is replaced every time", async () => {
    let time = 0;
    const { gpu, load } = fragile({
      now: () => {
        time += 61_000;
        return time;
      },
    });
    const { engine } = await load();
    for (let loss = 1; loss <= 3; loss++) {
      const answer = verdictsOf(engine, fixture.prompt(3));
      gpu.devices.at(-1)?.destroy();
      expect(worstDifference(await answer, wanted)).toBeLessThan(1e-4);
      expect(gpu.devices.length).toBe(1 + loss);
    }
    expect(engine.backend).toBe("webgpu");
    engine.dispose();
  });
});

test("after the loss of its device a control answers as before", async () => {
  const { gpu, load } = fragile();
  const { engine } = await load();
  const control = engine.control(SEED);
  const before = await verdictsOf(control, fixture.prompt(3));
  expect(worstDifference(before, wanted)).toBeGreaterThan(1e-2);
  const answer = verdictsOf(control, fixture.prompt(3));
  gpu.devices.at(-1)?.destroy();
  expect(worstDifference(await answer, before)).toBeLessThan(1e-4);
  expect(gpu.devices.length).toBe(2);
  expect(worstDifference(await verdictsOf(engine, fixture.prompt(3)), wanted)).toBeLessThan(1e-4);
  engine.dispose();
  expect(aliveTensors()).toEqual({ tensors: 0, bytes: 0 });
  await vi.waitFor(() => expect(gpu.alive()).toBe(0));
});

describe("while a lost device is replaced", () => {
  test.for(["a cancel", "a disposal"] as const)("%s is heard at once", async (what) => {
    const { gpu, at, load } = fragile();
    const { engine } = await load();
    const cancel = new AbortController();
    let steps = 0;
    gpu.onCall = () => {
      // Some way into the second upload.
      if (gpu.devices.length === 2 && at.phase === "upload" && steps++ === 5)
        if (what === "a cancel") cancel.abort();
        else engine.dispose();
    };
    const answer = verdictsOf(engine, fixture.prompt(3), cancel.signal).catch(toFailure);
    gpu.devices.at(-1)?.destroy();
    expect(await answer).toEqual({ kind: "cancelled" });
    const next = await verdictsOf(engine, fixture.prompt(3)).catch(toFailure);
    if (what === "a cancel") {
      expect(worstDifference(Array.isArray(next) ? next : [], wanted)).toBeLessThan(1e-4);
      engine.dispose();
    } else expect(next).toEqual({ kind: "cancelled" });
    await vi.waitFor(() => {
      expect(aliveTensors()).toEqual({ tensors: 0, bytes: 0 });
      expect(gpu.alive()).toBe(0);
    });
  });
});

describe("a GPU without memory", () => {
  const full = (device: GPUDevice) =>
    device.dispatchEvent(
      new GPUUncapturedErrorEvent("uncapturederror", { error: new GPUOutOfMemoryError("no memory is left") }),
    );

  test.for([
    ["upload", "weights"],
    ["probe", "pass"],
    ["request", "pass"],
  ] as const)("during the %s gives way to the processor and says what did not fit", async ([phase, part]) => {
    const { gpu, at, load } = fragile();
    gpu.onCall = (call, device) => {
      if (at.phase === phase && call === "submit") full(device);
      if (phase === "upload" && call === "createBuffer") full(device);
    };
    const loaded = await load();
    at.phase = "request";
    expect(worstDifference(await verdictsOf(loaded.engine, fixture.prompt(3)), wanted)).toBeLessThan(2e-2);
    expect(loaded.engine.backend).toBe("wasm");
    expect(loaded.fallback).toEqual({
      kind: "out-of-memory",
      backend: "webgpu",
      part,
      bytes: null,
      reason: "no memory is left",
    });
    loaded.engine.dispose();
    expect(aliveTensors()).toEqual({ tensors: 0, bytes: 0 });
    await vi.waitFor(() => expect(gpu.alive()).toBe(0));
  });
});

test("a kernel that computes wrongly on this GPU is refused, the processor takes its place, and the page is told why", async () => {
  const kernel = getKernel(RMS_NORM, "webgpu");
  if (kernel === undefined) throw new Error("no kernel");
  unregisterKernel(RMS_NORM, "webgpu");
  registerKernel({
    ...kernel,
    kernelFunc: (parameters) =>
      kernel.kernelFunc({ ...parameters, attrs: { ...parameters.attrs, epsilon: 10 } }),
  });
  try {
    const { gpu, load } = fragile();
    const loaded = await load();
    expect(loaded.engine.backend).toBe("wasm");
    expect(loaded.fallback).toMatchObject({ kind: "probe-mismatch", backend: "webgpu" });
    expect(worstDifference(await verdictsOf(loaded.engine, fixture.prompt(3)), wanted)).toBeLessThan(2e-2);
    loaded.engine.dispose();
    await vi.waitFor(() => expect(gpu.alive()).toBe(0));
  } finally {
    unregisterKernel(RMS_NORM, "webgpu");
    registerKernel(kernel);
  }
});

test("requests, cancelled ones among them, leave tensors and buffers as they were", async () => {
  const { load } = fragile({ backend: "webgpu" });
  const { engine } = await load();
  const buffers = () => {
    const backend = findBackend("webgpu");
    if (!(backend instanceof WebGPUBackend)) throw new Error("webgpu is not running");
    const { numBytesAllocated, numBytesUsed } = backend.bufferManager;
    return { used: numBytesUsed, free: numBytesAllocated - numBytesUsed };
  };
  const round = async () => {
    await verdictsOf(engine, fixture.prompt(3));
    const cancel = new AbortController();
    const cancelled = verdictsOf(engine, fixture.prompt(3), cancel.signal).catch(toFailure);
    setTimeout(() => cancel.abort(), 5);
    expect(await cancelled).toEqual({ kind: "cancelled" });
    // What was queued before the cancel ends before this does.
    await verdictsOf(engine, fixture.prompt(1));
  };
  await round();
  await round();
  const before = { ...aliveTensors(), buffers: buffers() };
  for (let i = 0; i < 10; i++) await round();
  expect(aliveTensors()).toEqual({ tensors: before.tensors, bytes: before.bytes });
  expect(buffers().used).toBe(before.buffers.used);
  // How many lie free depends on when a cancel was heard; their sum is bounded.
  expect(buffers().free).toBeLessThanOrEqual(MOST_FREE_BYTES);
  engine.dispose();
}, 600_000);
