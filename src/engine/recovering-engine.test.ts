import { expect, test, vi } from "vitest";
import { type Failure, FailureError } from "../core/failure.ts";
import type { BackendName, BehaviourModel, Engine, RandomisedControl } from "./engine.ts";
import { RecoveringEngine } from "./recovering-engine.ts";
import { type BuiltEngine, DeviceLosses } from "./surviving-build.ts";

const LOSS: Failure = { kind: "device-lost", reason: "the cable was pulled" };

const noBehaviour: BehaviourModel = {
  items: 0,
  experts: 1,
  state: () => new Float32Array(),
  gate: () => [],
  itemScores: () => new Float32Array(),
  itemScore: () => 0,
  embed: () => new Float32Array(),
  nullBehaviour: new Float32Array(),
};

interface FakeEngine extends BuiltEngine {
  readonly lose: () => void;
  readonly dispose: () => void;
}

/** Answers `answers`; or hangs until its signal aborts, as a lost device does. */
function fakeEngine(backend: BackendName, answer: number | "hangs" | Failure | Error): FakeEngine {
  let lose = () => {};
  const lost = new Promise<Failure>((resolve) => {
    lose = () => resolve(LOSS);
  });
  const dispose = vi.fn();
  const engine: Engine = {
    backend,
    adapterName: backend,
    layers: 1,
    verdicts: (_, signal) => {
      if (typeof answer === "object")
        return Promise.reject(answer instanceof Error ? answer : new FailureError(answer));
      return answer === "hangs"
        ? new Promise((_resolve, reject) => {
            const refuse = () => reject(new FailureError({ kind: "cancelled" }));
            signal?.addEventListener("abort", refuse);
            if (signal?.aborted) refuse();
          })
        : Promise.resolve([Float32Array.of(answer)]);
    },
    tokenLogProbs: () => Promise.resolve([]),
    control: () => {
      throw new Error("no pack");
    },
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
  const engine = new RecoveringEngine(first, {
    build: (backend) => {
      const built = next[asked.length];
      asked.push(backend);
      if (built === undefined) return Promise.reject(new Error("nothing more to build"));
      return "kind" in built ? Promise.reject(new FailureError(built)) : Promise.resolve(built);
    },
    losses: new DeviceLosses(now),
    giveUp: (failure) => {
      givenUp.push(failure);
      return "wasm";
    },
  });
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

test("the news of a loss may come seconds after a read-back was broken off", async () => {
  vi.useFakeTimers();
  try {
    const first = fakeEngine("webgpu", new DOMException("unmapped", "AbortError"));
    const { engine, asked } = recovering(first, [fakeEngine("webgpu", 7)]);
    const answer = engine.verdicts([]);
    await vi.advanceTimersByTimeAsync(5_000);
    first.lose();
    await vi.advanceTimersByTimeAsync(2_000);
    expect(await answer).toEqual([Float32Array.of(7)]);
    expect(asked).toEqual(["webgpu"]);
  } finally {
    vi.useRealTimers();
  }
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
  expect(givenUp).toEqual([{ kind: "device-lost-twice", reason: "the cable was pulled" }]);
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

test("a question to a control is repeated on a rebuilt device, to the control of the same seed", async () => {
  const asked: [number, number][] = [];
  /** Whose controls answer their seed's double, or hang. */
  const withControls = (device: number, hangs: boolean): FakeEngine => {
    const built = fakeEngine("webgpu", hangs ? "hangs" : 0);
    const control = (seed: number): RandomisedControl => ({
      behaviour: { ...noBehaviour, experts: seed },
      verdicts: (prompts, signal, onAnswer) => {
        asked.push([device, seed]);
        if (hangs) return built.engine.verdicts(prompts, signal);
        const answer = Float32Array.of(2 * seed);
        onAnswer?.(0, answer);
        return Promise.resolve([answer]);
      },
    });
    return { ...built, engine: { ...built.engine, control } };
  };
  const first = withControls(1, true);
  const { engine } = recovering(first, [withControls(2, false)]);
  const control = engine.control(21);
  expect(control.behaviour.experts).toBe(21);
  expect(asked).toEqual([]);
  const heard = vi.fn();
  const answer = control.verdicts([], undefined, heard);
  first.lose();
  expect(await answer).toEqual([Float32Array.of(42)]);
  expect(heard.mock.calls).toEqual([[0, Float32Array.of(42)]]);
  expect(asked).toEqual([
    [1, 21],
    [2, 21],
  ]);
});

test("log-probabilities of tokens are asked again of a rebuilt device", async () => {
  const withTokens = (built: FakeEngine): FakeEngine => ({
    ...built,
    engine: { ...built.engine, tokenLogProbs: built.engine.verdicts },
  });
  const first = withTokens(fakeEngine("webgpu", "hangs"));
  const { engine } = recovering(first, [withTokens(fakeEngine("webgpu", -3))]);
  const answer = engine.tokenLogProbs([]);
  first.lose();
  expect(await answer).toEqual([Float32Array.of(-3)]);
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
  let stop: AbortSignal | undefined;
  const build = vi.fn((_: BackendName, signal?: AbortSignal) => {
    stop = signal;
    return new Promise<BuiltEngine>((resolve) => {
      finishBuilding = resolve;
    });
  });
  const engine = new RecoveringEngine(first, { build, losses: new DeviceLosses(), giveUp: () => "wasm" });
  const answer = engine.verdicts([]);
  first.lose();
  await vi.waitFor(() => expect(build).toHaveBeenCalled());
  engine.dispose();
  // The request is answered at once, and the building is told to stop; one that is through already does not stay.
  await expect(answer).rejects.toMatchObject({ failure: { kind: "cancelled" } });
  expect(stop?.aborted).toBe(true);
  expect(second.dispose).not.toHaveBeenCalled();
  finishBuilding(second);
  await vi.waitFor(() => expect(second.dispose).toHaveBeenCalled());
  await expect(engine.verdicts([])).rejects.toMatchObject({ failure: { kind: "cancelled" } });
});

test("a request cancelled while its engine is rebuilt is answered at once, and the next one gets the new engine", async () => {
  const first = fakeEngine("webgpu", "hangs");
  let finishBuilding = (_: BuiltEngine) => {};
  const build = vi.fn(
    () =>
      new Promise<BuiltEngine>((resolve) => {
        finishBuilding = resolve;
      }),
  );
  const engine = new RecoveringEngine(first, { build, losses: new DeviceLosses(), giveUp: () => "wasm" });
  const cancel = new AbortController();
  const answer = engine.verdicts([], cancel.signal);
  first.lose();
  await vi.waitFor(() => expect(build).toHaveBeenCalled());
  cancel.abort();
  await expect(answer).rejects.toMatchObject({ failure: { kind: "cancelled" } });
  const next = engine.verdicts([]);
  finishBuilding(fakeEngine("webgpu", 6));
  expect(await next).toEqual([Float32Array.of(6)]);
  expect(build).toHaveBeenCalledTimes(1);
});

test("a loss while the engine is rebuilt counts as the second", async () => {
  const first = fakeEngine("webgpu", "hangs");
  const { engine, asked, givenUp } = recovering(first, [LOSS, fakeEngine("wasm", 4)]);
  const answer = engine.verdicts([]);
  first.lose();
  expect(await answer).toEqual([Float32Array.of(4)]);
  expect(asked).toEqual(["webgpu", "wasm"]);
  expect(givenUp).toEqual([{ kind: "device-lost-twice", reason: "the cable was pulled" }]);
});

const FULL: Failure = {
  kind: "out-of-memory",
  backend: "webgpu",
  part: "pass",
  bytes: 7,
  reason: "no memory is left",
};

test("a pass that does not fit moves to wasm and is repeated there", async () => {
  const first = fakeEngine("webgpu", FULL);
  const { engine, asked, givenUp } = recovering(first, [fakeEngine("wasm", 4)]);
  expect(await engine.verdicts([])).toEqual([Float32Array.of(4)]);
  expect(asked).toEqual(["wasm"]);
  expect(givenUp).toEqual([FULL]);
  expect(first.dispose).toHaveBeenCalled();
});

test("where nothing may take the GPU's place, a pass that does not fit fails, and a smaller one gets a new GPU", async () => {
  const first = fakeEngine("webgpu", FULL);
  const engine = new RecoveringEngine(first, {
    build: () => Promise.resolve(fakeEngine("webgpu", 2)),
    losses: new DeviceLosses(),
    giveUp: (why) => {
      throw new FailureError(why);
    },
  });
  await expect(engine.verdicts([])).rejects.toMatchObject({ failure: FULL });
  expect(await engine.verdicts([])).toEqual([Float32Array.of(2)]);
});

test("an unexpected error without a loss is told as it is", async () => {
  const first = fakeEngine("webgpu", new RangeError("index 7"));
  const { engine, asked } = recovering(first, []);
  await expect(engine.verdicts([])).rejects.toThrow("index 7");
  expect(asked).toEqual([]);
});

test("a cancelled request is not repeated", async () => {
  const { engine, asked } = recovering(fakeEngine("webgpu", "hangs"), []);
  const cancel = new AbortController();
  const answer = engine.verdicts([], cancel.signal);
  cancel.abort();
  await expect(answer).rejects.toMatchObject({ failure: { kind: "cancelled" } });
  expect(asked).toEqual([]);
});
