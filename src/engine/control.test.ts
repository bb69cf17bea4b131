import { expect, test } from "vitest";
import type { Failure } from "../core/failure.ts";
import { readLlamaConfig } from "../model/llama-config.ts";
import { controlSuite } from "./control-suite.ts";
import { startDevice } from "./device.ts";
import { createLlamaEngine } from "./llama-engine.ts";
import { readNodeFixture } from "./node-fixture.ts";
import { worstDifference } from "./ops/op-suite.ts";
import { RecoveringEngine } from "./recovering-engine.ts";
import { readBehaviourModel } from "./sasrec/behaviour-model.ts";
import { aliveTensors, makeShallow, verdictsOf } from "./shallow-fixture.ts";
import { type BuiltEngine, DeviceLosses } from "./surviving-build.ts";

const THREADS = 2;

controlSuite({ backend: "wasm", readFixture: readNodeFixture, threads: THREADS });

test("after the loss of its device a control answers as before", async () => {
  const before = aliveTensors();
  const fixture = await makeShallow(await readNodeFixture(), "wasm", { threads: THREADS });
  const behaviour = readBehaviourModel(fixture.pack, readLlamaConfig(fixture.gguf).width);
  const losses: (() => void)[] = [];
  const build = async (): Promise<BuiltEngine> => {
    const device = await startDevice("wasm", { threads: THREADS });
    const lost = new Promise<Failure>((resolve) => {
      losses.push(() => resolve({ kind: "device-lost", reason: "the cable was pulled" }));
    });
    return { engine: await createLlamaEngine(device, { ...fixture, behaviour }), lost };
  };
  const engine = new RecoveringEngine(await build(), {
    build,
    losses: new DeviceLosses(),
    giveUp: () => "wasm",
  });
  const control = engine.control(4);
  const prompt = fixture.prompt(2);
  const [trained, drawn] = [await verdictsOf(engine, prompt), await verdictsOf(control, prompt)];
  expect(worstDifference(trained, drawn)).toBeGreaterThan(1e-2);
  const { tensors } = engine.memory();
  losses[0]?.();
  await Promise.resolve();
  expect(await verdictsOf(control, prompt)).toEqual(drawn);
  expect(losses).toHaveLength(2);
  expect(await verdictsOf(engine, prompt)).toEqual(trained);
  expect(engine.memory().tensors).toBe(tensors);
  engine.dispose();
  expect(aliveTensors()).toEqual(before);
});
