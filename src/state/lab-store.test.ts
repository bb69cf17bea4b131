import { expect, test } from "vitest";
import { FailureError } from "../core/failure.ts";
import { makeLabHandlers } from "../worker/lab-handlers.ts";
import type { LabCall, LabCalls } from "../worker/lab-protocol.ts";
import { makeLabStore } from "./lab-store.ts";

/** The worker's own handlers, in this thread; `asked` notes the calls. */
function makeCall(fails: { once: boolean } = { once: false }) {
  const handlers = makeLabHandlers();
  const asked: (readonly [keyof LabCalls, unknown])[] = [];
  const call: LabCall = (
    name,
    args,
    { signal = new AbortController().signal, onProgress = () => {} } = {},
  ) => {
    asked.push([name, args]);
    if (fails.once) {
      fails.once = false;
      return Promise.reject(new FailureError({ kind: "bug", message: "the lab worker stopped" }));
    }
    return handlers[name](args, { signal, onProgress });
  };
  return { call, asked };
}

const untilPoint = (store: ReturnType<typeof makeLabStore>, count: number) =>
  new Promise<void>((resolve) => {
    const off = store.state.subscribe(({ run }) => {
      if (run.points.length !== count) return;
      off();
      resolve();
    });
  });

test("opening simulates a log, and learns from it and those after it; opening again finds it", async () => {
  const { call, asked } = makeCall();
  const { state, intentions } = makeLabStore(call);
  await Promise.all([intentions.open(), intentions.open()]);
  await intentions.open();
  const { run, learning, settings } = state.getState();
  expect([run.phase, run.points.length]).toEqual(["done", 20]);
  expect([learning.phase, learning.lessons.length]).toEqual(["done", learning.logs]);
  expect(asked).toEqual([
    ["run", settings],
    ["learn", { settings, logs: 40 }],
  ]);
});

test("other settings take the place of a log under way, and none of its points comes after", async () => {
  const { call } = makeCall();
  const store = makeLabStore(call);
  const first = store.intentions.open();
  await untilPoint(store, 3);
  const second = store.intentions.change({ seed: 2, rounds: 1000 });
  expect(store.state.getState().run.points.length).toBe(3);
  await Promise.all([first, second]);
  const { points } = store.state.getState().run;
  expect(points.map(({ rounds }) => rounds)).toEqual(Array.from({ length: 20 }, (_, i) => 50 * (i + 1)));
  const alone = makeLabStore(call);
  await alone.intentions.change({ seed: 2, rounds: 1000 });
  expect(points).toEqual(alone.state.getState().run.points);
});

test("stopping keeps what came until then, and running again begins anew", async () => {
  const store = makeLabStore(makeCall().call);
  const running = store.intentions.open();
  await untilPoint(store, 5);
  store.intentions.stop();
  await running;
  const { run, learning } = store.state.getState();
  expect([run.phase, run.points.length, learning.phase]).toEqual(["stopped", 5, "idle"]);
  await store.intentions.run();
  expect(store.state.getState().run.points.length).toBe(20);
});

test("a study is of the settings of its time, and forgotten with them", async () => {
  const { call, asked } = makeCall();
  const { state, intentions } = makeLabStore(call);
  await intentions.change({ rounds: 200 });
  await intentions.repeat();
  expect(state.getState().study).toMatchObject({ phase: "done", study: { logs: 200 } });
  expect(asked.at(-1)).toEqual(["repeat", { settings: state.getState().settings, logs: 200 }]);
  await intentions.change({ seed: 5 });
  expect(state.getState().study).toMatchObject({ phase: "idle", study: null });
});

test("a failure is kept as one, and another try begins anew", async () => {
  const { state, intentions } = makeLabStore(makeCall({ once: true }).call);
  await intentions.open();
  expect(state.getState().run).toMatchObject({ phase: "failed", failure: { kind: "bug" } });
  expect(state.getState().learning.phase).toBe("idle");
  await intentions.run();
  expect(state.getState().run.phase).toBe("done");
});

test("a world comes with settings of its own", async () => {
  const { state, intentions } = makeLabStore(makeCall().call);
  const changed = intentions.reset("movies");
  expect(state.getState().settings).toMatchObject({ world: "movies", rounds: 8000 });
  intentions.stop();
  await changed;
});

test("a report that comes too late, of a log given up, is ignored", async () => {
  const { call } = makeCall();
  let late = () => {};
  let isFirst = true;
  const store = makeLabStore(async (name, args, options) => {
    if (!isFirst || name !== "run") return call(name, args, options);
    isFirst = false;
    return call(name, args, {
      onProgress: (progress) => {
        late = () => options?.onProgress?.(progress);
      },
    });
  });
  const first = store.intentions.open();
  await store.intentions.change({ rounds: 200 });
  await first;
  late();
  expect(
    store.state
      .getState()
      .run.points.map(({ rounds }) => rounds)
      .at(-1),
  ).toBe(200);
  expect(store.state.getState().run.points.length).toBe(20);
});
