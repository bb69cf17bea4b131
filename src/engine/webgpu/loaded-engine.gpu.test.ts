import { expect, test } from "vitest";
import { itemId } from "../../core/ids.ts";
import { makePromptBuilder } from "../../prompt/build-prompt.ts";
import { packPrompt } from "../../prompt/packed-prompt.ts";
import type { Engine } from "../engine.ts";
import type { EngineFixture } from "../engine-fixture.ts";
import { loadEngine } from "../load-engine.ts";
import { aliveTensors } from "../shallow-fixture.ts";
import { readServedFixture } from "./served-fixture.ts";
import { webgpuBackend } from "./webgpu-backend.ts";

/** A history of two items and two candidates, asked of a loaded engine. */
async function askSmall(engine: Engine, { tokenizer, pack }: EngineFixture): Promise<number[]> {
  const builder = makePromptBuilder(tokenizer, pack.films, pack.manifest.prompt);
  const packed = packPrompt(
    builder.build({ history: [itemId(0), itemId(1)], candidates: [itemId(2), itemId(3)] }),
  );
  const gate = Array.from({ length: pack.manifest.adapter.experts }, () => 1);
  const [verdicts = []] = await engine.verdicts([{ packed, gate }]);
  return [...verdicts];
}

test("a device lost during a request is replaced and the request answered", async () => {
  const files = await readServedFixture();
  const { engine } = await loadEngine({ ...files, backend: "webgpu" });
  const before = await askSmall(engine, files);
  const { device } = webgpuBackend();
  const answer = askSmall(engine, files);
  setTimeout(() => device.destroy());
  expect(await answer).toEqual(before);
  expect(engine.backend).toBe("webgpu");
  expect(webgpuBackend().device).not.toBe(device);
  engine.dispose();
});

test("the packed weights of twelve layers take less than 50 MB of the GPU, and all of it less than 120 MB", async () => {
  const files = await readServedFixture();
  const { engine } = await loadEngine({ ...files, backend: "webgpu" });
  await askSmall(engine, files);
  const { numBytesAllocatedInGPU } = webgpuBackend().memory();
  console.info(`${engine.adapterName}: ${(numBytesAllocatedInGPU / 1e6).toFixed(1)} MB of buffers`);
  expect(numBytesAllocatedInGPU).toBeGreaterThan(engine.memory().weightBytes);
  expect(engine.memory().weightBytes).toBeLessThan(50e6);
  expect(numBytesAllocatedInGPU).toBeLessThan(120e6);
  engine.dispose();
  expect(aliveTensors().tensors).toBe(0);
});
