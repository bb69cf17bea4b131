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

function filmsRead(packed: EnginePrompt["packed"]): number {
  return packed.behaviour.slice(0, packed.prefixLength).filter((item) => item >= 0).length;
}

function fakeModel(changed: Partial<Engine> = {}, fallback: () => Failure | null = () => null) {
  const dispose = vi.fn();
  const model: OpenModel = {
    engine: {
      backend: "wasm",
      adapterName: "WebAssembly SIMD, 1 thread",
      layers: 12,
      verdicts: async (prompts) => prompts.map(verdictsOf),
      // The more films are read before a title, the likelier is each of its tokens.
      tokenLogProbs: async (prompts) =>
        prompts.map(({ packed }) => new Float32Array(packed.tokens.length).fill(filmsRead(packed) - 10)),
      // Random weights turn the map upside down.
      control: () => ({
        behaviour,
        verdicts: async (prompts) =>
          prompts.map((prompt) => verdictsOf(prompt).map((verdict, b) => (b % 2 === 0 ? 1 : -1) * verdict)),
      }),
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
    pieces: ["persona", "examples"],
    beta: 0.5,
    recommenderItems: 50,
    slateSize: 6,
    origin: {
      pack: { name: "p", adapterSha256: "a", sasrecSha256: "s", catalogueSha256: "c" },
      base: { sha256: "b", layers: 12 },
    },
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

describe("a slate that is told of a taste", () => {
  const ask = { history: [itemId(10)], seen: [itemId(10)], top: 6 };

  test("liked films shown as examples stand in the prompt in place of the history, and move every verdict", async () => {
    const handlers = await loaded();
    const plain = await handlers.recommend(ask, context());
    const examples = { liked: [itemId(20), itemId(25)], disliked: [itemId(3)] };
    const told = await handlers.recommend({ ...ask, told: { examples } }, context());
    // A verdict is a tenth of the rows in the prefix less the film's own: 10 before, 20 + 25 + 3 now.
    const verdictOf = ({ ranked }: typeof plain, item: number) =>
      ranked.find((each) => each.item === item)?.verdict;
    expect(verdictOf(told, 8)).toBeCloseTo(4.8 - 8, 5);
    expect(verdictOf(plain, 8)).toBeCloseTo(1 - 8, 5);
    expect(told.ranked.map(({ item }) => item).toSorted()).toEqual(
      plain.ranked.map(({ item }) => item).toSorted(),
    );
  });

  test("a persona adds its words to the prompt and nothing else", async () => {
    const handlers = await loaded();
    const plain = await handlers.recommend(ask, context());
    const persona = { likes: ["horror"], dislikes: ["war"] };
    const told = await handlers.recommend({ ...ask, told: { persona } }, context());
    expect(told.promptTokens - plain.promptTokens).toBe("Likes: horror.\nDislikes: war.\n".length);
    expect(told.ranked).toEqual(plain.ranked);
  });

  test("is a question aside: the prediction and its map keep their answers", async () => {
    const handlers = await loaded();
    const map = {
      history: [itemId(10)],
      candidates: [itemId(9)],
      question: "total",
      method: "leave-one-out",
    } as const;
    await handlers.recommend(ask, context());
    await handlers.explain({ ...map, seed: 1 }, context());
    await handlers.recommend({ ...ask, told: {} }, context());
    await expect(handlers.evidence(map, context())).resolves.toContain("becausal");
    await handlers.recommend(ask, context());
    await expect(handlers.evidence(map, context())).rejects.toMatchObject({
      failure: { kind: "bad-request" },
    });
  });

  test("a pack that was not trained to read a piece refuses it", async () => {
    const handlers = await loaded({ ...fakeModel().model, pieces: ["examples"] });
    await expect(
      handlers.recommend({ ...ask, told: { persona: { likes: ["horror"], dislikes: [] } } }, context()),
    ).rejects.toMatchObject({
      failure: { kind: "bad-request", reason: expect.stringContaining("not trained to read a persona") },
    });
    const examples = { liked: [itemId(ITEMS)], disliked: [] };
    await expect(handlers.recommend({ ...ask, told: { examples } }, context())).rejects.toMatchObject({
      failure: { kind: "bad-request", reason: expect.stringContaining(String(ITEMS)) },
    });
  });
});

describe("explain", () => {
  const request = {
    history: [itemId(4), itemId(6)],
    candidates: [itemId(1), itemId(2)],
    question: "total",
    method: "leave-one-out",
    seed: 1,
  } as const;

  test("reports each row as it is done, and all of them in the end", async () => {
    const handlers = await loaded();
    const ctx = context();
    const matrix = await handlers.explain(request, ctx);
    expect(matrix.rows.map(({ item }) => item)).toEqual([4, 6]);
    expect(matrix.rows[0]?.deltaNats[0]).toBeCloseTo(0.4, 5);
    expect(matrix.rows[1]?.deltaNats[1]).toBeCloseTo(0.6, 5);
    expect(ctx.onProgress.mock.calls.map(([progress]) => progress)).toEqual([
      { rows: [matrix.rows[0]], done: 1, total: 2 },
      { rows: [matrix.rows[1]], done: 2, total: 2 },
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

describe("other methods", () => {
  const request = {
    history: [itemId(4), itemId(6), itemId(8)],
    candidates: [itemId(1), itemId(2)],
    question: "total",
    seed: 1,
  } as const;

  test("Shapley values of an additive model are its parts, exactly and from any number of pairs", async () => {
    const handlers = await loaded();
    const exact = await handlers.explain({ ...request, method: "shapley" }, context());
    const sampled = await handlers.explain({ ...request, method: "shapley", pairs: 2 }, context());
    expect(exact.pairs).toBeUndefined();
    expect(sampled).toMatchObject({ pairs: 2, seed: 1 });
    for (const { rows } of [exact, sampled])
      for (const [i, part] of [0.4, 0.6, 0.8].entries()) expect(rows[i]?.deltaNats[0]).toBeCloseTo(part, 5);
  });

  test("replacement draws its stand-ins from the pack's films", async () => {
    const genres = ["Drama", "Comedy"];
    const { model } = fakeModel();
    const handlers = await loaded({
      ...model,
      films: films.map((film) => ({ ...film, genres: [genres[film.id % 2] ?? ""] })),
    });
    const { rows } = await handlers.explain({ ...request, method: "replacement" }, context());
    for (const { replacedBy = [] } of rows) {
      expect(replacedBy).toHaveLength(5);
      expect(replacedBy.filter((item) => item % 2 === 0)).toEqual([]);
    }
  });
});

test("channels tells each film as it is done: here the viewing pattern carries everything", async () => {
  const handlers = await loaded();
  const ctx = context();
  const report = await handlers.channels({ history: [itemId(4), itemId(6)], candidates: [itemId(1)] }, ctx);
  expect(report.items.map(({ item }) => item)).toEqual([4, 6]);
  expect(report.items[1]?.behaviour[0]).toBeCloseTo(0.6, 5);
  expect(report.items[1]?.text[0]).toBe(0);
  expect(ctx.onProgress.mock.calls.map(([{ done, total }]) => [done, total])).toEqual([
    [1, 2],
    [2, 2],
  ]);
});

test("strip compares every token of a title with and without the history", async () => {
  const handlers = await loaded();
  const [strip] = await handlers.strip(
    { history: [itemId(4), itemId(6)], candidates: [itemId(1)], question: "total" },
    context(),
  );
  expect(strip?.tokens.map(({ text }) => text).join("")).toBe(" Film 1 (2000)");
  expect(strip?.tokens.every(({ deltaNats }) => deltaNats === 2)).toBe(true);
});

describe("audit", () => {
  const history = [4, 6, 8, 20, 22, 28].map(itemId);
  const request = {
    history,
    candidates: [itemId(1), itemId(2), itemId(3)],
    question: "total",
    method: "leave-one-out",
    seed: 1,
  } as const;

  test("compares the map with that of random weights and with what deletion really does", async () => {
    const handlers = await loaded();
    const matrix = await handlers.explain(request, context());
    const ctx = context();
    const report = await handlers.audit({ matrix, seed: 1 }, ctx);
    expect(report.passed).toBe(true);
    expect(report.completeness.error.every((error) => Math.abs(error) < 1e-4)).toBe(true);
    expect(report.milliseconds).toBe(100);
    const last = ctx.onProgress.mock.calls.at(-1)?.[0];
    expect(last).toEqual({ done: last.total, total: last.total });
  });

  test("a map that has nothing to do with the weights does not pass", async () => {
    const { model } = fakeModel();
    const handlers = await loaded({
      ...model,
      engine: { ...model.engine, control: () => ({ behaviour, verdicts: model.engine.verdicts }) },
    });
    const matrix = await handlers.explain(request, context());
    const { passed, checks } = await handlers.audit({ matrix, seed: 1 }, context());
    expect(passed).toBe(false);
    expect(checks.find(({ name }) => name === "randomised")).toMatchObject({ passed: false, value: 1 });
  });
});

describe("other histories", () => {
  const history = [itemId(10), itemId(12)];

  /** Film 12 turns the order of the films around. */
  async function moody() {
    const { model } = fakeModel();
    const verdicts: Engine["verdicts"] = async (prompts) =>
      prompts.map(({ packed }) => {
        const turn = packed.behaviour.slice(0, packed.prefixLength).includes(itemId(12)) ? -1 : 1;
        return Float32Array.from(packed.readout, (_, b) => {
          const slots = packed.behaviour.slice(packed.branchStart[b], packed.branchStart[b + 1]);
          return turn * (slots.find((item) => item >= 0) ?? 0);
        });
      });
    return loaded({ ...model, engine: { ...model.engine, verdicts } });
  }
  const search = { history, seen: history, additions: [], budget: 40 };

  test("what is found is number one of the slate that the page would then offer", async () => {
    const handlers = await moody();
    const ctx = context();
    const target = itemId(13);
    const found = await handlers.counterfactual({ ...search, target }, ctx);
    expect(found).toMatchObject({ outcome: "found", edit: { removed: [1], added: [] }, isSmallest: true });
    // The slate now: 8, 9, 11, 13, 14, 15; then: 6, 7, 8, 9, 11, 13, since 12 was watched.
    expect(found.before.find(({ item }) => item === target)?.rank).toBe(4);
    expect(found.after?.map(({ item }) => item).toSorted((a, b) => a - b)).toEqual([6, 7, 8, 9, 11, 13]);
    expect(found.after?.find(({ item }) => item === target)?.rank).toBe(1);
    expect(ctx.onProgress).toHaveBeenCalled();
  });

  test("a film that would not be offered is not found", async () => {
    const handlers = await moody();
    const found = await handlers.counterfactual({ ...search, target: itemId(15) }, context());
    expect(found).toMatchObject({ outcome: "none", isOffered: true });
  });

  test("a film that is not offered is not number one, however it scores", async () => {
    const handlers = await moody();
    const found = await handlers.counterfactual({ ...search, target: itemId(8) }, context());
    expect(found.outcome).toBe("already-first");
    const outside = await handlers.counterfactual({ ...search, target: itemId(1) }, context());
    expect(outside).toMatchObject({ outcome: "none", edit: null, after: null, isOffered: false });
    expect(outside.marginBefore).toBeGreaterThan(0);
  });

  test("a film that was watched cannot become number one", async () => {
    const handlers = await loaded();
    await expect(
      handlers.counterfactual(
        { history, seen: history, target: itemId(10), additions: [], budget: 9 },
        context(),
      ),
    ).rejects.toMatchObject({ failure: { kind: "bad-request" } });
  });

  test("one more film moves the whole slate of the page, from the chances that it shows", async () => {
    const handlers = await loaded();
    const shown = await handlers.recommend({ history, seen: history, top: 6 }, context());
    const { before, after, pushedOut } = await handlers.whatIf(
      { history, seen: history, item: itemId(29) },
      context(),
    );
    expect(pushedOut).toBeNull();
    for (const { item, probability } of shown.ranked)
      expect(before.find((each) => each.item === item)?.probability).toBeCloseTo(probability, 9);
    expect(after.map(({ verdict }, i) => verdict - before[i]!.verdict)).toEqual(
      before.map(() => expect.closeTo(2.9, 4)),
    );
  });

  test("a film that the pack lacks is refused", async () => {
    const handlers = await loaded();
    await expect(
      handlers.whatIf({ history, seen: history, item: itemId(ITEMS) }, context()),
    ).rejects.toMatchObject({ failure: { kind: "bad-request" } });
  });
});

describe("evidence", () => {
  const history = [10, 12, 14].map(itemId);
  const map = { history, question: "total", method: "leave-one-out" } as const;

  async function explained() {
    const handlers = await loaded();
    const { ranked } = await handlers.recommend({ history, seen: history, top: 4 }, context());
    const candidates = ranked.map(({ item }) => item);
    const matrix = await handlers.explain({ ...map, candidates, seed: 1 }, context());
    return { handlers, candidates, matrix };
  }

  test("has everything that was said about the prediction, with the answers behind it", async () => {
    const { handlers, candidates, matrix } = await explained();
    const report = await handlers.audit({ matrix, seed: 1 }, context());
    await handlers.channels({ history, candidates }, context());
    await handlers.strip({ history, candidates, question: "total" }, context());
    await handlers.whatIf({ history, seen: history, item: itemId(29) }, context());
    const bundle = JSON.parse(await handlers.evidence({ ...map, candidates }, context()));
    expect(bundle).toMatchObject({
      schema: "becausal-evidence/1",
      model: { beta: 0.5, pack: { adapterSha256: "a" }, base: { sha256: "b" } },
      effects: { shown: { fullVerdict: matrix.fullVerdict } },
      audit: { shown: { forwardPasses: report.forwardPasses }, controlSeed: 1 },
      counterfactual: null,
    });
    expect(bundle.effects.answers).toHaveLength(4);
    expect(bundle.channels.answers).toHaveLength(bundle.channels.shown.forwardPasses);
    expect(bundle.strips.answers).toHaveLength(2);
    expect(bundle.whatIf.answers).toHaveLength(2);
    expect(bundle.films["29"]).toContain("Film 29");
  });

  test("leaves out what was not asked, and what was asked of other candidates", async () => {
    const { handlers, candidates } = await explained();
    await handlers.channels({ history, candidates: candidates.slice(1) }, context());
    const bundle = JSON.parse(await handlers.evidence({ ...map, candidates }, context()));
    expect(bundle).toMatchObject({ channels: null, strips: null, audit: null, whatIf: null });
  });

  test("of a map that is gone is refused", async () => {
    const { handlers, candidates } = await explained();
    await handlers.recommend({ history: [itemId(3)], seen: [itemId(3)], top: 4 }, context());
    await expect(handlers.evidence({ ...map, candidates }, context())).rejects.toMatchObject({
      failure: { kind: "bad-request" },
    });
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
