import { expect, test, vi } from "vitest";
import { type Failure, FailureError } from "../core/failure.ts";
import type { BackendName, Engine } from "./engine.ts";
import { type BuiltEngine, RecoveringEngine } from "./recovering-engine.ts";

const LOSS: Failure = { kind: "device-lost", reason: "the cable was pulled" };

interface FakeEngine extends BuiltEngine {
  readonly lose: () => void;
  readonly dispose: () => void;
}

/** Answers `answers`; or hangs until its signal aborts, as a lost device does. */
function fakeEngine(backend: BackendName, answer: number | "hangs"): FakeEngine {
  let lose = () => {};
  const lost = new Promise<Failure>((resolve) => {
    lose = () => resolve(LOSS);
  });
  const dispose = vi.fn();
  const engine: Engine = {
    backend,
    adapterName: backend,
    layers: 1,
    verdicts: (_, signal) =>
      answer === "hangs"
        ? new Promise((_resolve, reject) => {
            const refuse = () => reject(new FailureError({ kind: "cancelled" }));
            signal?.addEventListener("abort", refuse);
            if (signal?.aborted) refuse();
          })
        : Promise.resolve([Float32Array.of(answer)]),
    nextToken: () => Promise.resolve([]),
    memory: () => ({ weightBytes: 0, peakBytes: 0, tensors: 0 }),
    throughput: () => ({ tokens: 0, milliseconds: 0 }),
    dispose,
  };
  return { engine, lost, lose, dispose };
}

/** Builds the given engines one after the other and records which backends were asked for. */
function recovering(first: FakeEngine, next: readonly (FakeEngine | Failure)[], now = () => 0) {
  const asked: BackendName[] = [];
  const givenUp: Failure[] = [];
  const engine = new RecoveringEngine(
    first,
    (backend) => {
      const built = next[asked.length];
      asked.push(backend);
      if (built === undefined) return Promise.reject(new Error("nothing more to build"));
      return "kind" in built ? Promise.reject(new FailureError(built)) : Promise.resolve(built);
    },
    (failure) => givenUp.push(failure),
    now,
  );
  return { engine, asked, givenUp };
}

test("a lost device is rebuilt and the request repeated", async () => {
  const first = fakeEngine("webgpu", "hangs");
  const { engine, asked, givenUp } = recovering(first, [fakeEngine("webgpu", 7)]);
  const answer = engine.verdicts([]);
  first.lose();
  expect(await answer).toEqual([Float32Array.of(7)]);
  expect(asked).toEqual(["webgpu"]);
  expect(givenUp).toEqual([]);
  expect(first.dispose).toHaveBeenCalled();
});

test("two requests that are hit by one loss share one rebuild", async () => {
  const first = fakeEngine("webgpu", "hangs");
  const { engine, asked } = recovering(first, [fakeEngine("webgpu", 7)]);
  const answers = Promise.all([engine.verdicts([]), engine.verdicts([])]);
  first.lose();
  expect(await answers).toHaveLength(2);
  expect(asked).toEqual(["webgpu"]);
});

test("a second loss within a minute moves to wasm and says why", async () => {
  const first = fakeEngine("webgpu", "hangs");
  const second = fakeEngine("webgpu", "hangs");
  const { engine, asked, givenUp } = recovering(first, [second, fakeEngine("wasm", 8)]);
  const answer = engine.verdicts([]);
  first.lose();
  second.lose();
  expect(await answer).toEqual([Float32Array.of(8)]);
  expect(asked).toEqual(["webgpu", "wasm"]);
  expect(engine.backend).toBe("wasm");
  expect(givenUp).toEqual([LOSS]);
});

test("a second loss after more than a minute is rebuilt again", async () => {
  let time = 0;
  const first = fakeEngine("webgpu", "hangs");
  const second = fakeEngine("webgpu", "hangs");
  const { engine, asked } = recovering(first, [second, fakeEngine("webgpu", 9)], () => {
    time += 61_000;
    return time;
  });
  const answer = engine.verdicts([]);
  first.lose();
  second.lose();
  expect(await answer).toEqual([Float32Array.of(9)]);
  expect(asked).toEqual(["webgpu", "webgpu"]);
});

test("where the GPU does not come back, wasm answers", async () => {
  const gone: Failure = { kind: "no-webgpu", reason: "no adapter" };
  const first = fakeEngine("webgpu", "hangs");
  const { engine, asked, givenUp } = recovering(first, [gone, fakeEngine("wasm", 3)]);
  const answer = engine.verdicts([]);
  first.lose();
  expect(await answer).toEqual([Float32Array.of(3)]);
  expect(asked).toEqual(["webgpu", "wasm"]);
  expect(givenUp).toEqual([gone]);
});

test("a device lost between requests is rebuilt at the next one", async () => {
  const first = fakeEngine("webgpu", 1);
  const { engine, asked } = recovering(first, [fakeEngine("webgpu", 2)]);
  expect(await engine.verdicts([])).toEqual([Float32Array.of(1)]);
  first.lose();
  await Promise.resolve();
  expect(await engine.verdicts([])).toEqual([Float32Array.of(2)]);
  expect(asked).toEqual(["webgpu"]);
});

test("an engine disposed while it is rebuilt does not stay", async () => {
  const first = fakeEngine("webgpu", "hangs");
  const second = fakeEngine("webgpu", 5);
  let finishBuilding = (_: BuiltEngine) => {};
  const build = vi.fn(
    () =>
      new Promise<BuiltEngine>((resolve) => {
        finishBuilding = resolve;
      }),
  );
  const engine = new RecoveringEngine(first, build, () => {});
  const answer = engine.verdicts([]).catch(() => "gone");
  first.lose();
  await vi.waitFor(() => expect(build).toHaveBeenCalled());
  engine.dispose();
  expect(second.dispose).not.toHaveBeenCalled();
  finishBuilding(second);
  await answer;
  expect(second.dispose).toHaveBeenCalled();
});

test("a cancelled request is not repeated", async () => {
  const { engine, asked } = recovering(fakeEngine("webgpu", "hangs"), []);
  const cancel = new AbortController();
  const answer = engine.verdicts([], cancel.signal);
  cancel.abort();
  await expect(answer).rejects.toMatchObject({ failure: { kind: "cancelled" } });
  expect(asked).toEqual([]);
});
