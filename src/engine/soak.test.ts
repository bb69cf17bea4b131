/** @file What must stay flat over many requests and many loads, and how soon work stops, on the processor with two layers. */
import { findBackend, getKernel, registerKernel, unregisterKernel } from "@tensorflow/tfjs-core";
import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { toFailure } from "../core/failure.ts";
import { seededRandom } from "../core/rng.ts";
import type { Engine } from "./engine.ts";
import { type LoadRequest, loadEngine } from "./load-engine.ts";
import { readNodeFixture } from "./node-fixture.ts";
import { onKernel } from "./on-kernel-fixture.ts";
import { RMS_NORM } from "./ops/rms-norm/rms-norm.ts";
import { SWIGLU } from "./ops/swiglu/swiglu.ts";
import { aliveTensors, makeShallow, type ShallowFixture, verdictsOf } from "./shallow-fixture.ts";
import { WasmBackend } from "./wasm/wasm-backend.ts";

const THREADS = 2;

let fixture: ShallowFixture;
let engine: Engine | undefined;

beforeAll(async () => {
  fixture = await makeShallow(await readNodeFixture(), "wasm", { threads: THREADS });
  (await load()).engine.dispose();
}, 120_000);

afterEach(() => engine?.dispose());

const load = (changes: Partial<LoadRequest> = {}) =>
  loadEngine({ ...fixture, backend: "wasm", threads: THREADS, ...changes });

function heap(): { readonly heapBytes: number; readonly takenBytes: number; readonly blocks: number } {
  const backend = findBackend("wasm");
  if (!(backend instanceof WasmBackend)) throw new Error("wasm is not running");
  const { heapBytes, takenBytes, blocks } = backend.runtime.heap;
  return { heapBytes, takenBytes, blocks };
}

/** Worker threads of this process. */
function liveThreads(): number {
  const report: unknown = process.report.getReport();
  if (typeof report !== "object" || report === null || !("workers" in report)) throw new Error("no report");
  return Array.isArray(report.workers) ? report.workers.length : Number.NaN;
}

describe("500 requests", () => {
  test("of every kind leave tensors, heap and blocks as they were", async () => {
    ({ engine } = await load());
    const random = seededRandom(500);
    const tokens = fixture.tokenizer.encode("The capital of France");
    const counts = { verdicts: 0, control: 0, tokenLogProbs: 0, nextToken: 0, cancelled: 0, failing: 0 };
    const kinds = ["verdicts", "control", "cancelled", "cancelled", "failing"] as const;
    const request = async (asked: Engine, kind: keyof typeof counts) => {
      counts[kind]++;
      const prompt = fixture.prompt(1 + Math.floor(random() * 3));
      if (kind === "verdicts") {
        expect((await verdictsOf(asked, prompt)).every(Number.isFinite)).toBe(true);
      } else if (kind === "control") {
        expect((await verdictsOf(asked.control(1), prompt)).every(Number.isFinite)).toBe(true);
      } else if (kind === "tokenLogProbs") {
        const [logProbs] = await asked.tokenLogProbs([prompt]);
        expect(logProbs?.some((value) => value < 0)).toBe(true);
      } else if (kind === "nextToken") {
        expect(await asked.nextToken(tokens, 3)).toHaveLength(3);
      } else if (kind === "failing") {
        const failure = await asked.nextToken([], 1).catch(toFailure);
        expect(failure).toMatchObject({ kind: "bad-request" });
      } else {
        const cancel = new AbortController();
        const at = 1 + Math.floor(random() * 4);
        const restore = onKernel(random() < 0.5 ? RMS_NORM : SWIGLU, "wasm", (run) => {
          if (run === at) cancel.abort();
        });
        const answer = await verdictsOf(asked, prompt, cancel.signal).catch(toFailure);
        restore();
        // Aborted after its last pause it may be answered all the same.
        if (!Array.isArray(answer)) expect(answer).toEqual({ kind: "cancelled" });
      }
    };
    // The longest first: the heap is as large as it ever needs to be then.
    await verdictsOf(engine, fixture.prompt(3));
    for (const kind of ["control", "tokenLogProbs", "nextToken"] as const) await request(engine, kind);
    const before = { ...aliveTensors(), ...heap() };
    for (let i = 0; i < 499; i++) {
      const rare = i % 50 === 0 ? "nextToken" : i % 50 === 25 ? "tokenLogProbs" : undefined;
      await request(engine, rare ?? kinds[Math.floor(random() * kinds.length)] ?? "verdicts");
    }
    expect({ ...aliveTensors(), ...heap() }).toEqual(before);
    for (const count of Object.values(counts)) expect(count).toBeGreaterThanOrEqual(10);
  }, 600_000);
});

describe("50 loads and disposals", () => {
  test("leave no tensor, no backend and no thread, and need no more memory than the first", async () => {
    const heaps: number[] = [];
    for (let i = 0; i < 50; i++) {
      const cancel = new AbortController();
      if (i % 10 === 9) {
        // A load that is given up ends as cleanly.
        const loading = load({
          signal: cancel.signal,
          onStage: (stage) => stage === "probing" && cancel.abort(),
        });
        expect(await loading.catch(toFailure)).toEqual({ kind: "cancelled" });
      } else {
        const loaded = await load();
        expect(loaded.engine.adapterName).toContain(`${THREADS} threads`);
        if (i === 0) expect(liveThreads()).toBe(THREADS - 1);
        heaps.push(heap().heapBytes);
        loaded.engine.dispose();
      }
      expect(aliveTensors()).toEqual({ tensors: 0, bytes: 0 });
      expect(findBackend("wasm")).toBeNull();
    }
    expect(new Set(heaps).size).toBe(1);
    await vi.waitFor(() => expect(liveThreads()).toBe(0));
  }, 600_000);
});

describe("a cancel", () => {
  test("is followed by one more op at most where a turn is due", async () => {
    ({ engine } = await load());
    const cancel = new AbortController();
    let normsAfter = 0;
    // The op is made to take longer than a turn, as it does on a slow processor.
    const restore = onKernel(RMS_NORM, "wasm", (run) => {
      if (cancel.signal.aborted) normsAfter++;
      const end = performance.now() + 30;
      while (performance.now() < end);
      if (run === 1) setTimeout(() => cancel.abort());
    });
    const answer = await verdictsOf(engine, fixture.prompt(3), cancel.signal).catch(toFailure);
    restore();
    expect(answer).toEqual({ kind: "cancelled" });
    expect(normsAfter).toBe(0);
  });
});

describe("a kernel that computes wrongly", () => {
  test("is found by the probe, and the last backend says what to do", async () => {
    const kernel = getKernel(SWIGLU, "wasm");
    if (kernel === undefined) throw new Error("no kernel");
    unregisterKernel(SWIGLU, "wasm");
    registerKernel({
      ...kernel,
      kernelFunc: (parameters) => {
        const result = kernel.kernelFunc(parameters);
        const { backend } = parameters;
        if (backend instanceof WasmBackend && !Array.isArray(result)) backend.view(result.dataId)[7] = 3;
        return result;
      },
    });
    try {
      const failure = await load({ backend: "auto" }).catch(toFailure);
      expect(failure).toMatchObject({ kind: "probe-mismatch", backend: "wasm" });
      expect(aliveTensors()).toEqual({ tensors: 0, bytes: 0 });
    } finally {
      unregisterKernel(SWIGLU, "wasm");
      registerKernel(kernel);
    }
    ({ engine } = await load());
    expect(engine.backend).toBe("wasm");
  });
});
