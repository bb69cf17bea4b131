import { afterEach, describe, expect, test, vi } from "vitest";
import { itemId } from "../core/ids.ts";
import type { ToWorker } from "./call-table.ts";
import { makeEngineClient } from "./client.ts";
import { callSchemas } from "./message-schema.ts";
import type { EngineInfo, Handlers, LoadProgress, Recommendation } from "./protocol.ts";
import { serve } from "./serve.ts";
import type { WorkerPort } from "./worker-client.ts";

const info: EngineInfo = {
  backend: "wasm",
  adapterName: "WebAssembly SIMD",
  layers: 12,
  experts: 4,
  weightBytes: 1,
  peakBytes: 2,
  tokensPerSecond: null,
  fallback: null,
};
const answer = (top: number): Recommendation => ({
  ranked: [{ item: itemId(top), verdict: -1, sasrec: 2, shown: -0.4, probability: 0.5, sasrecRank: 1 }],
  slateSize: 50,
  personal: true,
  gate: [1, 1, 1, 1],
  promptTokens: 340,
  milliseconds: 5,
});
const loadArgs = { baseUrl: "/models/x/", packUrl: "/packs/movies/", backend: "wasm" } as const;
const ask = (top: number) => ({ history: [itemId(3)], seen: [itemId(3)], top });

const notAsked = async () => {
  throw new Error("not asked in this test");
};

/** Handlers that answer at once, so that a test only says what it changes. */
function handlers(changed: Partial<Handlers> = {}): Handlers {
  return {
    load: async () => info,
    recommend: async ({ top }) => answer(top),
    explain: notAsked,
    channels: notAsked,
    strip: notAsked,
    audit: notAsked,
    counterfactual: notAsked,
    whatIf: notAsked,
    evidence: notAsked,
    inspect: notAsked,
    status: async () => info,
    ...changed,
  };
}

interface FakeWorker extends WorkerPort {
  readonly sent: ToWorker[];
  readonly received: unknown[];
  readonly remote: MessagePort;
  terminated: boolean;
}

let ports: MessagePort[] = [];
afterEach(() => {
  for (const port of ports) port.close();
  ports = [];
});

/** A worker whose thread is the other end of a message channel; messages are really cloned on the way. */
function fakeWorkers(serveOn: (remote: MessagePort, nth: number) => void) {
  const workers: FakeWorker[] = [];
  const start = () => {
    const { port1, port2 } = new MessageChannel();
    ports.push(port1, port2);
    const worker: FakeWorker = {
      sent: [],
      received: [],
      remote: port2,
      terminated: false,
      onmessage: null,
      onerror: null,
      onmessageerror: null,
      postMessage: (message) => {
        worker.sent.push(message);
        port1.postMessage(message);
      },
      terminate: () => {
        worker.terminated = true;
        port1.close();
      },
    };
    port1.onmessage = (event) => {
      worker.received.push(event.data);
      worker.onmessage?.(event);
    };
    workers.push(worker);
    serveOn(port2, workers.length);
    return worker;
  };
  return { start, workers };
}

const crash = (worker: FakeWorker, message: string) =>
  worker.onerror?.({ message, preventDefault: () => undefined } as ErrorEvent);

function client(changed: Partial<Handlers> = {}) {
  const { start, workers } = fakeWorkers((remote) => serve(remote, callSchemas, handlers(changed)));
  return { ...makeEngineClient(start), workers };
}

/** A handler that waits until the test lets it go on. */
function gate() {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, opened };
}

describe("asking", () => {
  test("a worker is started with the first call and answers each with its own reply", async () => {
    const { call, workers } = client();
    expect(workers).toHaveLength(0);
    await call("load", loadArgs);
    const replies = await Promise.all([3, 1, 2].map((top) => call("recommend", ask(top))));
    expect(replies.map(({ ranked }) => ranked[0]?.item)).toEqual([3, 1, 2]);
    expect(workers).toHaveLength(1);
  });

  test("progress comes in order, before the reply, to the call it belongs to", async () => {
    const stages: LoadProgress[] = [1, 2, 3].map((n) => ({
      stage: "fetching",
      loadedBytes: n,
      totalBytes: 3,
    }));
    const { call } = client({
      load: async (_args, { onProgress }) => {
        for (const stage of stages) onProgress(stage);
        return info;
      },
    });
    const seen: unknown[] = [];
    await call("load", loadArgs, { onProgress: (progress) => seen.push(progress) }).then(() =>
      seen.push("reply"),
    );
    expect(seen).toEqual([...stages, "reply"]);
  });

  test("a handler's failure arrives with its data", async () => {
    const failure = { kind: "file-short", file: "part-01.bin", expectedBytes: 9, actualBytes: 4 } as const;
    const { call } = client({
      load: async () => {
        const { FailureError } = await import("../core/failure.ts");
        throw new FailureError(failure);
      },
    });
    await expect(call("load", loadArgs)).rejects.toMatchObject({ failure });
  });

  test("a handler that breaks is a bug with its message, and the next call is answered", async () => {
    let broken = true;
    const { call } = client({
      status: async () => {
        if (broken) throw new RangeError("index 7");
        return info;
      },
    });
    await expect(call("status", {})).rejects.toMatchObject({
      failure: { kind: "bug", message: "RangeError: index 7" },
    });
    broken = false;
    expect(await call("status", {})).toEqual(info);
  });

  test.for([
    ["another origin", { ...loadArgs, baseUrl: "https://elsewhere.example/models/" }],
    ["another host", { ...loadArgs, packUrl: "//elsewhere.example/packs/" }],
    ["no such backend", { ...loadArgs, backend: "cuda" }],
  ] as const)("arguments with %s are refused before any handler runs", async ([_, args]) => {
    const load = vi.fn(async () => info);
    const { call } = client({ load });
    await expect(call("load", args as unknown as typeof loadArgs)).rejects.toMatchObject({
      failure: { kind: "bad-request" },
    });
    expect(load).not.toHaveBeenCalled();
  });
});

describe("one at a time", () => {
  test("a call waits for the one before it", async () => {
    const { open, opened } = gate();
    const started: string[] = [];
    const { call } = client({
      recommend: async ({ top }) => {
        started.push(`recommend ${top}`);
        await opened;
        return answer(top);
      },
      status: async () => {
        started.push("status");
        return info;
      },
    });
    const first = call("recommend", ask(1));
    const second = call("status", {});
    await vi.waitFor(() => expect(started).toEqual(["recommend 1"]));
    open();
    await Promise.all([first, second]);
    expect(started).toEqual(["recommend 1", "status"]);
  });
});

describe("cancelling", () => {
  test("a running call is cancelled at once for the caller, and its handler is told", async () => {
    const heard = vi.fn();
    const running = gate();
    const { call } = client({
      recommend: (_args, { signal }) =>
        new Promise((_, reject) => {
          running.open();
          signal.addEventListener("abort", () => {
            heard();
            reject(new DOMException("stopped", "AbortError"));
          });
        }),
    });
    const controller = new AbortController();
    const asked = call("recommend", ask(1), { signal: controller.signal });
    const failed = expect(asked).rejects.toMatchObject({ failure: { kind: "cancelled" } });
    await running.opened;
    controller.abort();
    await failed;
    await vi.waitFor(() => expect(heard).toHaveBeenCalledTimes(1));
    expect(await call("status", {})).toEqual(info);
  });

  test("a waiting call is cancelled without ever running", async () => {
    const { open, opened } = gate();
    const recommend = vi.fn(async ({ top }: { top: number }) => {
      await opened;
      return answer(top);
    });
    const { call, workers } = client({ recommend });
    const first = call("recommend", ask(1));
    const controller = new AbortController();
    const second = call("recommend", ask(2), { signal: controller.signal });
    const failed = expect(second).rejects.toMatchObject({ failure: { kind: "cancelled" } });
    await vi.waitFor(() => expect(workers[0]?.sent).toHaveLength(2));
    controller.abort();
    await failed;
    await vi.waitFor(() =>
      expect(workers[0]?.received).toEqual([{ kind: "failure", id: 2, failure: { kind: "cancelled" } }]),
    );
    open();
    await first;
    await call("status", {});
    expect(recommend).toHaveBeenCalledTimes(1);
  });

  test("a signal aborted beforehand sends nothing", async () => {
    const { call, workers } = client();
    await expect(call("status", {}, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      failure: { kind: "cancelled" },
    });
    expect(workers.flatMap(({ sent }) => sent)).toEqual([]);
  });

  test("what arrives after a cancel is ignored", async () => {
    const { start, workers } = fakeWorkers(() => undefined);
    const { call } = makeEngineClient(start);
    const onProgress = vi.fn();
    const controller = new AbortController();
    const asked = call("load", loadArgs, { signal: controller.signal, onProgress });
    controller.abort();
    await expect(asked).rejects.toMatchObject({ failure: { kind: "cancelled" } });
    const { remote } = workers[0]!;
    remote.postMessage({
      kind: "progress",
      id: 1,
      progress: { stage: "probing", loadedBytes: 0, totalBytes: 0 },
    });
    remote.postMessage({ kind: "reply", id: 1, reply: info });
    const next = call("status", {});
    remote.postMessage({ kind: "reply", id: 2, reply: { ...info, layers: 30 } });
    expect((await next).layers).toBe(30);
    expect(onProgress).not.toHaveBeenCalled();
  });
});

describe("a worker that goes wrong", () => {
  test("a crash fails every call under way; the next starts a new worker and loads it again first", async () => {
    const names: string[][] = [];
    const { start, workers } = fakeWorkers((remote, nth) => {
      names.push([]);
      const seen = (name: string) => names[nth - 1]?.push(name);
      serve(
        remote,
        callSchemas,
        handlers({
          load: async () => {
            seen("load");
            return info;
          },
          recommend: ({ top }) => {
            seen("recommend");
            return nth === 1 ? new Promise(() => undefined) : Promise.resolve(answer(top));
          },
        }),
      );
    });
    const { call } = makeEngineClient(start);
    await call("load", loadArgs);
    const under = [call("recommend", ask(1)), call("recommend", ask(2))];
    const failed = Promise.all(
      under.map((asked) =>
        expect(asked).rejects.toMatchObject({
          failure: { kind: "bug", message: expect.stringContaining("out of memory") },
        }),
      ),
    );
    await vi.waitFor(() => expect(names[0]).toEqual(["load", "recommend"]));
    crash(workers[0]!, "out of memory");
    await failed;
    expect(workers[0]?.terminated).toBe(true);
    expect((await call("recommend", ask(4))).ranked[0]?.item).toBe(4);
    expect(names[1]).toEqual(["load", "recommend"]);
  });

  test("a reload that fails gives its failure, and the call after it tries again", async () => {
    let loads = 0;
    const { start, workers } = fakeWorkers((remote) =>
      serve(
        remote,
        callSchemas,
        handlers({
          load: async () => {
            if (++loads === 2) throw new Error("disk on fire");
            return info;
          },
        }),
      ),
    );
    const { call } = makeEngineClient(start);
    await call("load", loadArgs);
    crash(workers[0]!, "gone");
    await expect(call("status", {})).rejects.toMatchObject({
      failure: { kind: "bug", message: "Error: disk on fire" },
    });
    expect(await call("status", {})).toEqual(info);
    expect(loads).toBe(3);
  });

  test("a message that cannot be read fails the calls under way", async () => {
    const { start, workers } = fakeWorkers(() => undefined);
    const { call } = makeEngineClient(start);
    const asked = call("status", {});
    await vi.waitFor(() => expect(workers[0]?.sent).toHaveLength(1));
    workers[0]!.onmessageerror?.(new MessageEvent("messageerror"));
    await expect(asked).rejects.toMatchObject({ failure: { kind: "bug" } });
  });

  test.for([
    ["no object", "hello"],
    ["no kind", { id: 1, reply: info }],
    ["an unknown failure", { kind: "failure", id: 1, failure: { kind: "sad" } }],
  ] as const)("a message that is %s ends the worker", async ([_, message]) => {
    const { start, workers } = fakeWorkers(() => undefined);
    const { call } = makeEngineClient(start);
    const asked = call("status", {});
    const failed = expect(asked).rejects.toMatchObject({ failure: { kind: "bug" } });
    await vi.waitFor(() => expect(workers[0]?.sent).toHaveLength(1));
    workers[0]!.remote.postMessage(message);
    await failed;
    expect(workers[0]?.terminated).toBe(true);
  });

  test("a reply that does not fit its call is a bug that says where", async () => {
    const { call } = client({
      recommend: async ({ top }) => ({ ...answer(top), gate: [1, Number.NaN, 1, 1] }),
    });
    await expect(call("recommend", ask(1))).rejects.toMatchObject({
      failure: { kind: "bug", message: expect.stringContaining("gate.1") },
    });
    expect(await call("status", {})).toEqual(info);
  });

  test("closing cancels what is under way", async () => {
    const { call, close, workers } = client({ status: () => new Promise(() => undefined) });
    const asked = call("status", {});
    const failed = expect(asked).rejects.toMatchObject({ failure: { kind: "cancelled" } });
    await vi.waitFor(() => expect(workers).toHaveLength(1));
    close();
    await failed;
  });
});

test("the worker's end answers a malformed message by breaking, not by guessing", () => {
  const port = { postMessage: vi.fn(), onmessage: null as ((event: MessageEvent) => void) | null };
  serve(port, callSchemas, handlers());
  expect(() => port.onmessage?.(new MessageEvent("message", { data: { kind: "call" } }))).toThrow(/protocol/);
  expect(port.postMessage).not.toHaveBeenCalled();
});
