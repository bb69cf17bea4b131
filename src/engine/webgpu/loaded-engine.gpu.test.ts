import { expect, test } from "vitest";
import { itemId } from "../../core/ids.ts";
import { makePromptBuilder } from "../../prompt/build-prompt.ts";
import { packPrompt } from "../../prompt/packed-prompt.ts";
import type { EnginePrompt } from "../engine.ts";
import type { EngineFixture } from "../engine-fixture.ts";
import { loadEngine } from "../load-engine.ts";
import { aliveTensors, verdictsOf } from "../shallow-fixture.ts";
import { readServedFixture } from "./served-fixture.ts";
import { webgpuBackend } from "./webgpu-backend.ts";

/** A history of two items and two candidates. */
function smallPrompt({ tokenizer, pack }: EngineFixture): EnginePrompt {
  const builder = makePromptBuilder(tokenizer, pack.films, pack.manifest.prompt);
  const packed = packPrompt(
    builder.build({ history: [itemId(0), itemId(1)], candidates: [itemId(2), itemId(3)] }),
  );
  return { packed, gate: Array.from({ length: pack.manifest.adapter.experts }, () => 1) };
}

test("a device lost during a request is replaced and the request answered", async () => {
  const files = await readServedFixture();
  const { engine } = await loadEngine({ ...files, backend: "webgpu" });
  const before = await verdictsOf(engine, smallPrompt(files));
  const { device } = webgpuBackend();
  const answer = verdictsOf(engine, smallPrompt(files));
  setTimeout(() => device.destroy());
  expect(await answer).toEqual(before);
  expect(engine.backend).toBe("webgpu");
  expect(webgpuBackend().device).not.toBe(device);
  engine.dispose();
});

test("the packed weights of twelve layers take less than 50 MB of the GPU, and all of it less than 120 MB", async () => {
  const files = await readServedFixture();
  const { engine } = await loadEngine({ ...files, backend: "webgpu" });
  await verdictsOf(engine, smallPrompt(files));
  const { numBytesAllocatedInGPU } = webgpuBackend().memory();
  console.info(`${engine.adapterName}: ${(numBytesAllocatedInGPU / 1e6).toFixed(1)} MB of buffers`);
  expect(numBytesAllocatedInGPU).toBeGreaterThan(engine.memory().weightBytes);
  expect(engine.memory().weightBytes).toBeLessThan(50e6);
  expect(numBytesAllocatedInGPU).toBeLessThan(120e6);
  // A control's adapter beside the trained one, and the output head for as long as tokens are asked for.
  await verdictsOf(engine.control(1), smallPrompt(files));
  await engine.tokenLogProbs([smallPrompt(files)]);
  const { numBytesAllocatedInGPU: withControl } = webgpuBackend().memory();
  console.info(`with a control and after the output head: ${(withControl / 1e6).toFixed(1)} MB of buffers`);
  expect(engine.memory().weightBytes).toBeLessThan(50e6);
  expect(withControl).toBeLessThan(120e6);
  engine.dispose();
  expect(aliveTensors().tensors).toBe(0);
});
