import { getKernel, registerKernel, unregisterKernel } from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { itemId } from "../core/ids.ts";
import { present } from "../core/invariant.ts";
import { loadEngine } from "../engine/load-engine.ts";
import { readNodeFixture } from "../engine/node-fixture.ts";
import { RMS_NORM } from "../engine/ops/rms-norm/rms-norm.ts";
import { aliveTensors, makeShallow } from "../engine/shallow-fixture.ts";
import { makePromptBuilder } from "../prompt/build-prompt.ts";
import type { FromWorker, ToWorker } from "./call-table.ts";
import { makeEngineHandlers } from "./engine-handlers.ts";
import { callSchemas } from "./message-schema.ts";
import type { OpenModel } from "./open-model.ts";
import { serve } from "./serve.ts";

const SLOW_OP_MS = 15;

let model: OpenModel;
const channel = new MessageChannel();
const received: FromWorker[] = [];
const send = (message: ToWorker) => channel.port1.postMessage(message);
const answerTo = (id: number) =>
  vi.waitFor(
    () =>
      present(
        received.find((message) => message.id === id && message.kind !== "progress"),
        "answer",
      ),
    {
      timeout: 60_000,
    },
  );

beforeAll(async () => {
  const fixture = await makeShallow(await readNodeFixture(), "wasm", { threads: 1 });
  const { tokenizer, pack } = fixture;
  const loaded = await loadEngine({ ...fixture, backend: "wasm", threads: 1 });
  model = {
    engine: loaded.engine,
    behaviour: present(loaded.behaviour, "the recommender"),
    films: pack.films,
    tokenizer,
    prompts: makePromptBuilder(tokenizer, pack.films, pack.manifest.prompt),
    pieces: [],
    beta: pack.manifest.fusion.beta,
    recommenderItems: 50,
    slateSize: 5,
    origin: {
      pack: { name: "p", adapterSha256: "a", sasrecSha256: "s", catalogueSha256: "c" },
      base: { sha256: "b", layers: 12 },
    },
    fallback: () => loaded.fallback,
  };
  serve(
    channel.port2,
    callSchemas,
    makeEngineHandlers(async () => model),
  );
  channel.port1.onmessage = ({ data }: MessageEvent<FromWorker>) => received.push(data);
  send({ kind: "call", id: 1, name: "load", args: { baseUrl: "/a/", packUrl: "/b/", backend: "wasm" } });
  await answerTo(1);
}, 120_000);

afterAll(() => {
  model.engine.dispose();
  channel.port1.close();
});

/** Makes every norm as slow as on a slow processor and hears of each. */
function slowNorms(onNorm: (run: number) => void): () => void {
  const kernel = present(getKernel(RMS_NORM, "wasm"), "the kernel");
  let runs = 0;
  unregisterKernel(RMS_NORM, "wasm");
  registerKernel({
    ...kernel,
    kernelFunc: (parameters) => {
      onNorm(++runs);
      const end = performance.now() + SLOW_OP_MS;
      while (performance.now() < end);
      return kernel.kernelFunc(parameters);
    },
  });
  return () => {
    unregisterKernel(RMS_NORM, "wasm");
    registerKernel(kernel);
  };
}

const history = [0, 1, 2, 3].map(itemId);
const explain = (id: number) =>
  send({
    kind: "call",
    id,
    name: "explain",
    args: {
      history,
      candidates: [5, 6].map(itemId),
      question: "total",
      method: "leave-one-out",
      seed: 1,
    },
  });

test("a cancel that arrives while the worker computes stops it at the next pause, frees its tensors, and the worker goes on", async () => {
  let whole = 0;
  let restore = slowNorms((run) => {
    whole = run;
  });
  explain(2);
  expect(await answerTo(2)).toMatchObject({ kind: "reply" });
  restore();
  const before = aliveTensors();
  expect(whole).toBeGreaterThan(4);

  let runs = 0;
  restore = slowNorms((run) => {
    runs = run;
    // From the page's side, with the worker's thread in the middle of an op.
    if (run === 2) send({ kind: "cancel", id: 3 });
  });
  explain(3);
  expect(await answerTo(3)).toEqual({ kind: "failure", id: 3, failure: { kind: "cancelled" } });
  restore();
  expect(runs).toBeLessThanOrEqual(3);
  expect(aliveTensors()).toEqual(before);

  explain(4);
  expect(await answerTo(4)).toMatchObject({ kind: "reply" });
  expect(received.filter(({ id, kind }) => id === 3 && kind !== "progress")).toHaveLength(1);
  expect(aliveTensors()).toEqual(before);
}, 120_000);
