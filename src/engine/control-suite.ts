/** @file One suite for every backend: the weight-randomised control beside the trained pack, on two layers. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { toFailure } from "../core/failure.ts";
import { itemId } from "../core/ids.ts";
import { readLlamaConfig } from "../model/llama-config.ts";
import type { PackFiles } from "../model/load-parts.ts";
import { redrawnTensors } from "../model/redrawn-tensors.ts";
import { type SafetensorsTensor, tensorReader } from "../model/safetensors.ts";
import { type DeviceOptions, startDevice } from "./device.ts";
import type { BackendName, VerdictModel } from "./engine.ts";
import type { EngineFixture } from "./engine-fixture.ts";
import { createLlamaEngine, type LlamaEngine } from "./llama-engine.ts";
import { worstDifference } from "./ops/op-suite.ts";
import { type PackBehaviour, readBehaviourModel } from "./sasrec/behaviour-model.ts";
import { aliveTensors, makeShallow, type ShallowFixture, verdictsOf } from "./shallow-fixture.ts";

const SEED = 17;

interface SuiteOptions extends DeviceOptions {
  readonly backend: BackendName;
  readonly readFixture: () => Promise<EngineFixture>;
  /** What depends on the backend alone: a software GPU is slow. */
  readonly short?: boolean;
}

export function controlSuite({ backend, readFixture, short = false, ...deviceOptions }: SuiteOptions): void {
  let fixture: ShallowFixture;
  let behaviour: PackBehaviour;
  let engine: LlamaEngine;
  let tensorsBefore: number;

  const behaviourOf = (pack: PackFiles) => readBehaviourModel(pack, readLlamaConfig(fixture.gguf).width);
  const load = async (pack: PackFiles): Promise<LlamaEngine> =>
    createLlamaEngine(await startDevice(backend, deviceOptions), {
      ...fixture,
      pack,
      behaviour: behaviourOf(pack),
    });
  /** Under one gate, whatever model is asked: only what is mounted can make a difference. */
  const ask = (model: VerdictModel) => verdictsOf(model, fixture.prompt(2));

  beforeAll(async () => {
    fixture = await makeShallow(await readFixture(), backend, deviceOptions);
    behaviour = behaviourOf(fixture.pack);
    tensorsBefore = aliveTensors().tensors;
    engine = await load(fixture.pack);
  }, 300_000);

  afterAll(() => {
    engine?.dispose();
    // The control's adapter too.
    expect(aliveTensors().tensors).toBe(tensorsBefore);
  });

  test("the same seed answers the same, another otherwise, and the trained pack as if nothing had been asked", async () => {
    const trained = await ask(engine);
    const first = await ask(engine.control(SEED));
    const other = await ask(engine.control(SEED + 1));
    expect(await ask(engine.control(SEED))).toEqual(first);
    expect(first.every(Number.isFinite)).toBe(true);
    expect(worstDifference(first, other)).toBeGreaterThan(1e-2);
    expect(worstDifference(first, trained)).toBeGreaterThan(1e-2);
    expect(await ask(engine)).toEqual(trained);
  });

  test.skipIf(short)("it is the pack with every trained tensor drawn anew", async () => {
    const read = redrawnTensors(tensorReader(fixture.pack.adapter), SEED);
    const redrawn = Array.from(fixture.pack.adapter.tensors.values())
      .filter(({ name }) => !name.endsWith(".scale"))
      .map(({ name, shape }): [string, SafetensorsTensor] => [
        name,
        { name, shape, type: "F32", bytes: new Uint8Array(read(name, shape).buffer) },
      ]);
    const pack = { ...fixture.pack, adapter: { file: "redrawn", tensors: new Map(redrawn) } };
    await ask(engine.control(SEED + 1));
    const drawn = await ask(engine.control(SEED));
    // One engine at a time: on WebGPU a new one ends the device of the one before.
    engine.dispose();
    const other = await load(pack);
    const wanted = await ask(other);
    other.dispose();
    engine = await load(fixture.pack);
    expect(worstDifference(drawn, wanted)).toBeLessThan(1e-6);
    const control = engine.control(SEED).behaviour;
    const same = behaviourOf(pack);
    const state = control.state([itemId(3), itemId(5)]);
    expect(control.gate(state)).toEqual(same.gate(state));
    expect(control.embed(itemId(4))).toEqual(same.embed(itemId(4)));
    expect(control.nullBehaviour).toEqual(same.nullBehaviour);
  });

  test("its gate adds up to the number of experts and its slots are others, its states and item scores the pack's", () => {
    const control = engine.control(SEED).behaviour;
    const history = [itemId(3), itemId(5)];
    const state = control.state(history);
    const gate = control.gate(state);
    expect(gate.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(control.experts, 9);
    expect(gate.every((weight) => weight > 0)).toBe(true);
    expect(worstDifference(gate, behaviour.gate(state))).toBeGreaterThan(1e-2);
    expect(worstDifference(control.embed(itemId(4)), behaviour.embed(itemId(4)))).toBeGreaterThan(1e-2);
    expect(worstDifference(control.nullBehaviour, behaviour.nullBehaviour)).toBeGreaterThan(1e-3);
    expect(state).toEqual(behaviour.state(history));
    expect(control.itemScores(state)).toEqual(behaviour.itemScores(state));
    expect([control.items, control.experts]).toEqual([behaviour.items, behaviour.experts]);
  });

  test("it is on the device from its first question on, one at a time, and counted", async () => {
    engine.dispose();
    engine = await load(fixture.pack);
    const [without, bytesWithout] = [aliveTensors(), engine.memory().weightBytes];
    const control = engine.control(SEED);
    expect(aliveTensors()).toEqual(without);
    const first = await ask(control);
    const mounted = aliveTensors();
    const { base, adapter } = fixture.pack.manifest;
    // Two factors at each of four sites.
    expect(mounted.tensors - without.tensors).toBe(8 * base.layers);
    expect(engine.memory().weightBytes - bytesWithout).toBe(mounted.bytes - without.bytes);
    expect(mounted.bytes - without.bytes).toBe(
      4 * base.layers * adapter.rank * (576 + 960 + 576 + 576 + 576 + 3072 + 1536 + 576),
    );
    expect(engine.memory().peakBytes).toBeGreaterThanOrEqual(mounted.bytes);
    await ask(engine.control(SEED + 1));
    expect(aliveTensors()).toEqual(mounted);
    // An earlier seed's is drawn again.
    expect(await ask(control)).toEqual(first);
    expect(aliveTensors()).toEqual(mounted);
  });

  test.skipIf(short)(
    "cancelled while it is uploaded it leaves nothing behind, and the next question is answered",
    async () => {
      engine.dispose();
      engine = await load(fixture.pack);
      const without = aliveTensors();
      const control = engine.control(SEED);
      for (const cancelAt of ["once", "a turn later"]) {
        const cancel = new AbortController();
        const answer = verdictsOf(control, fixture.prompt(2), cancel.signal).catch(toFailure);
        if (cancelAt === "once") cancel.abort();
        else setTimeout(() => cancel.abort());
        expect(await answer).toEqual({ kind: "cancelled" });
        expect(aliveTensors()).toEqual(without);
      }
      expect(await ask(control)).toHaveLength(2);
    },
  );

  test.skipIf(short)("its answers are heard one by one", async () => {
    const control = engine.control(SEED);
    const heard: number[] = [];
    await control.verdicts([fixture.prompt(2), fixture.prompt(2)], undefined, (i, verdicts) =>
      heard.push(i, verdicts.length),
    );
    expect(heard.toSorted()).toEqual([0, 1, 2, 2]);
  });
}
