/** @file Slates that are cancelled at random moments, on one backend in Node. Built by cancel.mjs. */
import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import { findBackend } from "@tensorflow/tfjs-core";
import { itemId } from "../src/core/ids.ts";
import { present } from "../src/core/invariant.ts";
import { seededRandom } from "../src/core/rng.ts";
import type { BackendName } from "../src/engine/engine.ts";
import { loadEngine } from "../src/engine/load-engine.ts";
import { readNodeFixture } from "../src/engine/node-fixture.ts";
import { nodeGpu } from "../src/engine/webgpu/node-gpu.ts";
import { makePromptBuilder } from "../src/prompt/build-prompt.ts";
import { packPrompt } from "../src/prompt/packed-prompt.ts";

export interface Cancellations {
  readonly adapter: string;
  readonly layers: number;
  readonly positions: number;
  /** One slate that nobody stops. */
  readonly wholeMs: number;
  /** From the moment at which the cancel was due, whether or not the thread could hear it, to the rejection. */
  readonly rejectionMs: readonly number[];
  /** To the end of what the device was still at; the rejection's time where ops are done when they return. */
  readonly idleMs: readonly number[];
}

/** A history of 10 and a slate of 20, cancelled `count` times at moments spread evenly at random over its time. */
export async function measureCancellations(backend: BackendName, count: number): Promise<Cancellations> {
  const { gguf, pack, tokenizer } = await readNodeFixture();
  const gpu = backend === "webgpu" ? { gpu: await nodeGpu() } : {};
  const { engine, behaviour } = await loadEngine({ gguf, pack, backend, tokenizer, ...gpu });
  const prompts = makePromptBuilder(tokenizer, pack.films, pack.manifest.prompt);
  const history = Array.from({ length: 10 }, (_, i) => itemId(i));
  const candidates = Array.from({ length: 20 }, (_, i) => itemId(10 + i));
  const packed = packPrompt(prompts.build({ history, candidates }));
  const model = present(behaviour, "the recommender");
  const prompt = { packed, gate: model.gate(model.state(history)) };
  const queue = (findBackend("webgpu") as WebGPUBackend | null)?.queue;
  const idle = async () => {
    await queue?.onSubmittedWorkDone();
  };

  await engine.verdicts([prompt]);
  const start = performance.now();
  await engine.verdicts([prompt]);
  const wholeMs = performance.now() - start;

  const random = seededRandom(30);
  const rejectionMs: number[] = [];
  const idleMs: number[] = [];
  while (rejectionMs.length < count) {
    const cancel = new AbortController();
    const delay = random() * wholeMs;
    const due = performance.now() + delay;
    const timer = setTimeout(() => cancel.abort(), delay);
    const isAnswered = await engine.verdicts([prompt], cancel.signal).then(
      () => true,
      () => false,
    );
    clearTimeout(timer);
    if (isAnswered) continue; // It was through before the cancel.
    rejectionMs.push(performance.now() - due);
    await idle();
    idleMs.push(performance.now() - due);
  }
  const { adapterName, layers } = engine;
  engine.dispose();
  return { adapter: adapterName, layers, positions: packed.tokens.length, wholeMs, rejectionMs, idleMs };
}
