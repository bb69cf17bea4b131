import { describe, expect, test, vi } from "vitest";
import type { Failure } from "../core/failure.ts";
import { itemId, tokenId } from "../core/ids.ts";
import type { BehaviourModel, Engine, EnginePrompt } from "../engine/engine.ts";
import type { Film } from "../model/film.ts";
import type { Tokenizer } from "../model/tokenizer.ts";
import { makePromptBuilder } from "../prompt/build-prompt.ts";
import { makeEngineHandlers } from "./engine-handlers.ts";
import type { OpenModel } from "./open-model.ts";

const ITEMS = 30;
const loadArgs = { baseUrl: "/models/x/", packUrl: "/packs/movies/", backend: "auto" } as const;

const films: readonly Film[] = Array.from({ length: ITEMS }, (_, id) => ({
  id: itemId(id),
  movieId: 100 + id,
  title: `Film ${id}`,
  year: 2000,
  genres: ["Drama"],
  popularity: ITEMS - id,
}));

/** One token per character. */
const tokenizer: Tokenizer = {
  size: 128,
  encode: (text) => [...text].map((char) => tokenId(char.charCodeAt(0))),
  single: (text) => tokenId(text.charCodeAt(0)),
  decode: (tokens) => String.fromCharCode(...tokens),
};

const behaviour: BehaviourModel = {
  items: ITEMS,
  experts: 2,
  state: (history) => Float32Array.of(history.length, history.at(-1) ?? 0),
  gate: ([length = 0]) => [2 / (1 + length), 2 - 2 / (1 + length)],
  itemScores: ([length = 0, last = 0]) =>
    Float32Array.from({ length: ITEMS }, (_, i) => (length === 0 ? 0 : -Math.abs(i - last))),
  itemScore: ([length = 0, last = 0], item) => (length === 0 ? 0 : -Math.abs(item - last)),
  embed: (item) => Float32Array.of(3 * item, 4 * item),
  nullBehaviour: Float32Array.of(0, 1),
};

/** The verdict of a branch: a tenth of the sum of the items in the prefix, less its own item. */
function verdictsOf({ packed }: EnginePrompt): Float32Array {
  const inPrefix = [...packed.behaviour.slice(0, packed.prefixLength)].filter((item) => item >= 0);
  const sum = inPrefix.reduce((total, item) => total + item, 0);
  return Float32Array.from({ length: packed.readout.length }, (_, b) => {
    const slots = packed.behaviour.slice(packed.branchStart[b], packed.branchStart[b + 1]);
    return sum / 10 - (slots.find((item) => item >= 0) ?? 0);
  });
}

function fakeModel(changed: Partial<Engine> = {}, fallback: () => Failure | null = () => null) {
  const dispose = vi.fn();
  const model: OpenModel = {
    engine: {
      backend: "wasm",
      adapterName: "WebAssembly SIMD, 1 thread",
      layers: 12,
      verdicts: async (prompts) => prompts.map(verdictsOf),
      nextToken: async () => [],
      memory: () => ({ weightBytes: 10, peakBytes: 20, tensors: 3 }),
      throughput: () => ({ tokens: 500, milliseconds: 250 }),
      dispose,
      ...changed,
    },
    behaviour,
    films,
    tokenizer,
    prompts: makePromptBuilder(tokenizer, films, {
      template: "watch-next-v1",
      year: "always",
      historyItems: 10,
      maxTitleTokens: 18,
    }),
    beta: 0.5,
    recommenderItems: 50,
    slateSize: 6,
    fallback,
  };
  return { model, dispose };
}

const context = () => ({ signal: new AbortController().signal, onProgress: vi.fn() });

async function loaded(model = fakeModel().model) {
  let clock = 0;
  const handlers = makeEngineHandlers(
    async () => model,
    () => (clock += 100),
  );
  await handlers.load(loadArgs, context());
  return handlers;
}

describe("load", () => {
  test("says what is running and why it is not what was wanted", async () => {
    const fallback: Failure = { kind: "no-webgpu", reason: "no adapter" };
    const { model } = fakeModel({}, () => fallback);
    const handlers = makeEngineHandlers(async () => model);
    expect(await handlers.load(loadArgs, context())).toEqual({
      backend: "wasm",
      adapterName: "WebAssembly SIMD, 1 thread",
      layers: 12,
      experts: 2,
      weightBytes: 10,
      peakBytes: 20,
      tokensPerSecond: 2000,
      fallback,
    });
  });

  test("no speed is claimed before the first forward pass", async () => {
    const handlers = await loaded(fakeModel({ throughput: () => ({ tokens: 0, milliseconds: 0 }) }).model);
    expect((await handlers.status({}, context())).tokensPerSecond).toBeNull();
  });

  test("the same load twice opens the model once", async () => {
    const open = vi.fn(async () => fakeModel().model);
    const handlers = makeEngineHandlers(open);
    await handlers.load(loadArgs, context());
    await handlers.load({ ...loadArgs }, context());
    expect(open).toHaveBeenCalledTimes(1);
  });

  test("another load lets the old model go before the new one comes", async () => {
    const first = fakeModel();
    const events: string[] = [];
    first.dispose.mockImplementation(() => events.push("disposed"));
    const handlers = makeEngineHandlers(async ({ backend }) => {
      events.push(`opens ${backend}`);
      return first.model;
    });
    await handlers.load(loadArgs, context());
    await handlers.load({ ...loadArgs, backend: "wasm" }, context());
    expect(events).toEqual(["opens auto", "disposed", "opens wasm"]);
  });

  test("a load that fails leaves nothing loaded, and can be tried again", async () => {
    const open = vi.fn().mockRejectedValueOnce(new Error("cut off")).mockResolvedValue(fakeModel().model);
    const handlers = makeEngineHandlers(open);
    await expect(handlers.load(loadArgs, context())).rejects.toThrow("cut off");
    await expect(handlers.status({}, context())).rejects.toMatchObject({ failure: { kind: "bad-request" } });
    await handlers.load(loadArgs, context());
    expect((await handlers.status({}, context())).layers).toBe(12);
  });
});

describe("recommend", () => {
  test("ranks the slate by the shown score and says what it took", async () => {
    const handlers = await loaded();
    const history = [itemId(10)];
    const { ranked, slateSize, personal, gate, promptTokens, milliseconds } = await handlers.recommend(
      { history, seen: [itemId(10), itemId(9)], top: 3 },
      context(),
    );
    // The slate is the six unseen films nearest to 10; the verdict prefers low rows, the recommender near ones.
    expect(slateSize).toBe(6);
    expect(ranked.map(({ item }) => item)).toEqual([6, 7, 8]);
    expect(ranked.map(({ shown }) => shown)).toEqual([1 - 6 - 2, 1 - 7 - 1.5, 1 - 8 - 1]);
    expect(ranked.map(({ sasrecRank }) => sasrecRank)).toEqual([6, 4, 2]);
    expect(personal).toBe(true);
    expect(gate).toEqual([1, 1]);
    expect(milliseconds).toBe(100);
    // 22 of the opening, 15 + 1 + 1 of the item, 26 of the question; every branch 14 to 15, a slot and "?".
    expect(promptTokens).toBe(22 + 17 + 26 + 3 * 16 + 3 * 17);
  });

  test("an empty history gives the popular films and says so", async () => {
    const handlers = await loaded();
    const { ranked, personal } = await handlers.recommend(
      { history: [], seen: [itemId(1)], top: 3 },
      context(),
    );
    expect(personal).toBe(false);
    expect(ranked.map(({ item }) => item)).toEqual([0, 2, 3]);
  });

  test.for(["history", "seen"] as const)(
    "a film in `%s` that the pack lacks is refused by its row",
    async (key) => {
      const handlers = await loaded();
      const args = { history: [itemId(1)], seen: [itemId(1)], top: 3, [key]: [itemId(ITEMS)] };
      await expect(handlers.recommend(args, context())).rejects.toMatchObject({
        failure: { kind: "bad-request", reason: expect.stringContaining(String(ITEMS)) },
      });
    },
  );
});

describe("explain", () => {
  const request = {
    history: [itemId(4), itemId(6)],
    candidates: [itemId(1), itemId(2)],
    question: "total",
  } as const;

  test("reports each row as it is done, and all of them in the end", async () => {
    const handlers = await loaded();
    const ctx = context();
    const matrix = await handlers.explain(request, ctx);
    expect(matrix.rows.map(({ item }) => item)).toEqual([4, 6]);
    expect(matrix.rows[0]?.deltaNats[0]).toBeCloseTo(0.4, 5);
    expect(matrix.rows[1]?.deltaNats[1]).toBeCloseTo(0.6, 5);
    expect(ctx.onProgress.mock.calls.map(([progress]) => progress)).toEqual([
      { row: matrix.rows[0], done: 1, total: 2 },
      { row: matrix.rows[1], done: 2, total: 2 },
    ]);
  });

  test("stops where it is cancelled", async () => {
    const handlers = await loaded();
    const controller = new AbortController();
    const onProgress = vi.fn(() => controller.abort());
    await expect(handlers.explain(request, { signal: controller.signal, onProgress })).rejects.toMatchObject({
      failure: { kind: "cancelled" },
    });
    expect(onProgress).toHaveBeenCalledTimes(1);
  });
});

test("inspect shows every slot with its text or the length of its vector, and the gate", async () => {
  const handlers = await loaded();
  const { prefix, branches, gate } = await handlers.inspect(
    { history: [itemId(2)], candidates: [itemId(5)] },
    context(),
  );
  const text = (slots: typeof prefix) =>
    slots.map((slot) => (slot.kind === "text" ? slot.text : "#")).join("");
  expect(text(prefix)).toBe("This user has watched: Film 2 (2000)#;\nWill the user watch next:");
  expect(branches.map(({ item, slots }) => [item, text(slots)])).toEqual([[5, " Film 5 (2000)#?"]]);
  expect(prefix.find(({ kind }) => kind === "behaviour")).toEqual({
    kind: "behaviour",
    item: 2,
    event: 0,
    norm: 10,
  });
  expect(gate).toEqual([1, 1]);
});
