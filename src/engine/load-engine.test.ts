import { beforeAll, describe, expect, test } from "vitest";
import type { EngineFixture } from "./engine-fixture.ts";
import { type LoadRequest, loadEngine } from "./load-engine.ts";
import { readNodeFixture } from "./node-fixture.ts";
import { aliveTensors } from "./shallow-fixture.ts";

let fixture: EngineFixture;

beforeAll(async () => {
  fixture = await readNodeFixture();
}, 60_000);

const load = (changes: Partial<LoadRequest> = {}) =>
  loadEngine({
    gguf: fixture.gguf,
    tokenizer: fixture.tokenizer,
    pack: fixture.pack,
    backend: "wasm",
    ...changes,
  });

/** The pack with another probe answer: what a wrong driver looks like. */
function packWithProbeOff(by: number): EngineFixture["pack"] {
  const { manifest } = fixture.pack;
  const verdictLogOdds = manifest.probe.verdictLogOdds.map((value) => value + by);
  return { ...fixture.pack, manifest: { ...manifest, probe: { ...manifest.probe, verdictLogOdds } } };
}

describe("loading", () => {
  test("prepares, probes and answers", async () => {
    const stages: string[] = [];
    const { engine, behaviour, fallback } = await load({ onStage: (stage) => stages.push(stage) });
    expect(stages).toEqual(["preparing", "probing"]);
    expect(engine.backend).toBe("wasm");
    expect(engine.adapterName).toContain("WebAssembly SIMD");
    expect(behaviour?.items).toBe(fixture.pack.manifest.sasrec.items);
    expect(fallback).toBeNull();
    expect(engine.memory().weightBytes).toBeGreaterThan(0);
    engine.dispose();
    expect(aliveTensors().tensors).toBe(0);
  });

  test("falls back to wasm where there is no GPU, and says why", async () => {
    const { engine, fallback } = await load({ backend: "auto" });
    expect(engine.backend).toBe("wasm");
    expect(fallback).toMatchObject({ kind: "no-webgpu" });
    engine.dispose();
  });

  test("a backend asked for by name is not replaced", async () => {
    await expect(load({ backend: "webgpu" })).rejects.toMatchObject({ failure: { kind: "no-webgpu" } });
  });

  test("a wrong answer to the probe refuses the backend and leaves nothing behind", async () => {
    await expect(load({ pack: packWithProbeOff(1) })).rejects.toMatchObject({
      failure: { kind: "probe-mismatch", backend: "wasm" },
    });
    expect(aliveTensors().tensors).toBe(0);
  });

  test("an adapter that lacks a tensor leaves nothing behind", async () => {
    const tensors = new Map(fixture.pack.adapter.tensors);
    tensors.delete("blk.7.ffn_down.lora_b");
    const pack = { ...fixture.pack, adapter: { ...fixture.pack.adapter, tensors } };
    await expect(load({ pack })).rejects.toMatchObject({ failure: { kind: "file-invalid" } });
    expect(aliveTensors().tensors).toBe(0);
  });

  test("a cancelled load leaves nothing behind", async () => {
    const cancel = new AbortController();
    const loading = load({ signal: cancel.signal });
    setTimeout(() => cancel.abort(), 100);
    await expect(loading).rejects.toMatchObject({ failure: { kind: "cancelled" } });
    expect(aliveTensors().tensors).toBe(0);
  });

  test("loads again after all that", async () => {
    const { engine } = await load();
    engine.dispose();
  });

  test("the bare base gives next tokens without a pack", async () => {
    const { engine, behaviour } = await load({ pack: null });
    expect(behaviour).toBeNull();
    const [next] = await engine.nextToken(fixture.tokenizer.encode("The capital of France is"), 1);
    expect(next?.probability).toBeGreaterThan(0);
    engine.dispose();
  });
});
