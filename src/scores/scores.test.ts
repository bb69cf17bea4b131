import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FailureError } from "../core/failure.ts";
import { eventIndex, type ItemId, itemId, tokenId } from "../core/ids.ts";
import { softmax } from "../core/softmax.ts";
import type { EnginePrompt, OnAnswer } from "../engine/engine.ts";
import type { Film } from "../model/film.ts";
import type { PromptBuilder, PromptRequest } from "../prompt/build-prompt.ts";
import { proposeSlate, recommend } from "./recommend.ts";
import type { SlateQuery, SlateScores } from "./score-fn.ts";
import { makeScoreFn } from "./score-slates.ts";

const items = (...ids: number[]): ItemId[] => ids.map(itemId);
const ITEMS = 8;

/** State = sum of the items' numbers; item scores fall with the distance from it. */
const behaviour = {
  items: ITEMS,
  experts: 2,
  state: (history: readonly ItemId[]) =>
    Float32Array.of(history.reduce<number>((sum, item) => sum + item, 0)),
  gate: (state: Float32Array) => [1 + state[0]! / 100, 1 - state[0]! / 100],
  itemScores: (state: Float32Array) =>
    Float32Array.from({ length: ITEMS }, (_, i) => -Math.abs(i - state[0]!)),
  itemScore: (state: Float32Array, item: ItemId) => -Math.abs(item - state[0]!),
};

/** One behaviour slot per item and candidate, which is all the fake engine reads. */
function fakePrompts(asked: PromptRequest[] = []): PromptBuilder {
  const slot = (item: ItemId | null, source: number | null) =>
    ({ kind: "behaviour", item, source: source === null ? null : eventIndex(source) }) as const;
  return {
    historyItems: 10,
    titleTokens: () => [tokenId(0)],
    build(request) {
      asked.push(request);
      const { history, candidates, items: shown = 10, behaviour: isOn = true } = request;
      const first = Math.max(0, history.length - shown);
      return {
        prefix: history.slice(first).map((item, i) => slot(isOn ? item : null, first + i)),
        branches: candidates.map((item) => ({ item, slots: [slot(isOn ? item : null, null)] })),
      };
    },
  };
}

/** Verdict = candidate + sum of the prompt's items / 10 + first gate weight. The last prompt is answered first. */
const engine = {
  async verdicts(prompts: readonly EnginePrompt[], _signal?: AbortSignal, onAnswer?: OnAnswer) {
    const verdicts = prompts.map(({ packed, gate }) => {
      const prefix = packed.behaviour.slice(0, packed.prefixLength).reduce((sum, item) => sum + item, 0);
      return Float32Array.from(packed.readout, (at) => packed.behaviour[at]! + prefix / 10 + gate[0]!);
    });
    for (const [i, answer] of [...verdicts.entries()].reverse()) onAnswer?.(i, answer);
    return verdicts;
  },
};
const score = makeScoreFn({ engine, behaviour, prompts: fakePrompts(), beta: 0.5 });
const scoreOne = async (query: SlateQuery) => (await score([query]))[0]!;

describe("softmax", () => {
  test("sums to one, keeps the order and survives large numbers", () => {
    const [a = 0, b = 0, c = 0] = softmax([1000, 1001, 999]);
    expect(a + b + c).toBeCloseTo(1, 12);
    expect(b / a).toBeCloseTo(Math.E, 9);
    expect(softmax([])).toEqual([]);
  });
});

describe("a slate's scores", () => {
  test("are the verdict, the recommender's score and beta between them", async () => {
    const { verdict, sasrec, shown, probability, gate } = await scoreOne({
      history: items(1, 2),
      candidates: items(3, 5),
    });
    expect(gate).toEqual([1.03, 0.97]);
    expect(verdict.map((value) => value.toFixed(4))).toEqual(["4.3300", "6.3300"]);
    expect(sasrec).toEqual([-0, -2]);
    expect(shown.map((value) => value.toFixed(4))).toEqual(["4.3300", "5.3300"]);
    expect(probability[1]! / probability[0]!).toBeCloseTo(Math.E, 5);
  });

  test("are of a held gate where one is given", async () => {
    const held = await scoreOne({ history: items(1, 2), candidates: items(3), heldGate: [2, 0] });
    expect(held.gate).toEqual([2, 0]);
    expect(held.verdict[0]).toBeCloseTo(5.3, 5);
  });

  test("are of another history's gate where that is held", async () => {
    const query = { history: items(1, 2), candidates: items(3, 5) };
    const held = await scoreOne({ ...query, gateHistory: items(6, 1) });
    expect(held.gate).toEqual([1 + 7 / 100, 1 - 7 / 100]);
    expect(held.verdict[0]).toBeCloseTo(4.37, 5);
    expect(held.sasrec).toEqual((await scoreOne(query)).sasrec);
  });

  test("are heard one by one as the engine answers", async () => {
    const queries = [
      { history: items(1), candidates: items(3) },
      { history: items(2), candidates: items(5, 6) },
    ];
    const heard: (readonly [number, SlateScores])[] = [];
    const scores = await score(queries, undefined, (i, answer) => heard.push([i, answer]));
    expect(heard).toEqual([
      [1, scores[1]],
      [0, scores[0]],
    ]);
  });

  test("come in the order asked, whatever it is", async () => {
    const candidates = items(4, 0, 6, 2);
    const straight = await scoreOne({ history: items(1), candidates });
    await fc.assert(
      fc.asyncProperty(fc.shuffledSubarray([0, 1, 2, 3], { minLength: 4 }), async (order) => {
        const shuffled = await scoreOne({ history: items(1), candidates: order.map((i) => candidates[i]!) });
        for (const [at, i] of order.entries()) expect(shuffled.shown[at]).toBe(straight.shown[i]);
      }),
      { numRuns: 20 },
    );
  });

  test("pass the prompt's length and the behaviour switch on", async () => {
    const asked: PromptRequest[] = [];
    const listening = makeScoreFn({ engine, behaviour, prompts: fakePrompts(asked), beta: 1 });
    await listening([{ history: items(1, 2), candidates: items(3), promptItems: 1, behaviour: false }]);
    expect(asked).toEqual([{ history: items(1, 2), candidates: items(3), items: 1, behaviour: false }]);
  });

  test("pass the muted channels on, which leave gate and recommender as they are", async () => {
    const asked: PromptRequest[] = [];
    const listening = makeScoreFn({ engine, behaviour, prompts: fakePrompts(asked), beta: 1 });
    const query = { history: items(1, 2), candidates: items(3) };
    const [whole, muted] = await listening([query, { ...query, mutedText: [0], mutedBehaviour: [0, 1] }]);
    expect(asked[1]).toMatchObject({ mutedText: [0], mutedBehaviour: [0, 1] });
    expect(muted?.gate).toEqual(whole?.gate);
    expect(muted?.sasrec).toEqual(whole?.sasrec);
  });

  test("ask for a history's state once, however often it comes", async () => {
    let states = 0;
    const counting = {
      ...behaviour,
      state: (history: readonly ItemId[]) => {
        states++;
        return behaviour.state(history);
      },
    };
    const listening = makeScoreFn({ engine, behaviour: counting, prompts: fakePrompts(), beta: 1 });
    const held = { candidates: items(3), gateHistory: items(1, 2) };
    await listening([
      { ...held, history: items(1, 2) },
      { ...held, history: items(1) },
      { ...held, history: items(1), mutedText: [0] },
    ]);
    expect(states).toBe(2);
  });

  test.for<[string, SlateQuery, RegExp]>([
    [
      "an item the pack lacks",
      { history: items(8), candidates: items(1) },
      /item 8 is not one of the pack's 8/,
    ],
    ["a candidate the pack lacks", { history: [], candidates: items(9) }, /item 9/],
    [
      "a gate history with an item that the pack lacks",
      { history: [], candidates: items(1), gateHistory: items(8) },
      /item 8/,
    ],
    ["two gates to hold", { history: [], candidates: items(1), heldGate: [1, 1], gateHistory: [] }, /both/],
    ["no candidates", { history: items(1), candidates: [] }, /no candidate/],
    [
      "another number of gate weights",
      { history: [], candidates: items(1), heldGate: [1] },
      /1 gate weights/,
    ],
    ["a muted title nowhere", { history: items(1), candidates: items(1), mutedText: [1] }, /place 1/],
    ["a muted slot nowhere", { history: items(1), candidates: items(1), mutedBehaviour: [-1] }, /place -1/],
  ])("are refused for %s", async ([, query, reason]) => {
    await expect(score([query])).rejects.toThrow(FailureError);
    await expect(score([query])).rejects.toThrow(reason);
  });
});

const films: readonly Film[] = Array.from({ length: ITEMS }, (_, id) => ({
  id: itemId(id),
  movieId: id,
  title: `film ${id}`,
  year: null,
  genres: [],
  popularity: [5, 9, 1, 9, 3, 2, 8, 0][id]!,
}));
const parts = { score, behaviour, films, slateSize: 4 };

describe("a slate", () => {
  test("is the recommender's best without anything seen, ties by popularity", () => {
    expect(proposeSlate({ history: items(2), seen: items(3) }, parts)).toEqual(items(1, 0, 4, 5));
  });
  test("of an empty history is the popular films, ties by row", () => {
    expect(proposeSlate({ history: [], seen: items(6) }, parts)).toEqual(items(1, 3, 0, 4));
  });
});

describe("a recommendation", () => {
  test("is the slate ranked by the shown score", async () => {
    const { ranked, slateSize, personal, gate } = await recommend(
      { history: items(2), seen: [], top: 3 },
      parts,
    );
    expect(ranked.map(({ item, sasrecRank }) => [item, sasrecRank])).toEqual([
      [4, 4],
      [3, 2],
      [1, 1],
    ]);
    expect(slateSize).toBe(4);
    expect(personal).toBe(true);
    expect(gate).toEqual([1.02, 0.98]);
  });

  test("has probabilities over the whole slate, not over what is shown", async () => {
    const { ranked } = await recommend({ history: items(2), seen: [], top: 4 }, parts);
    expect(ranked.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 6);
    const { ranked: first } = await recommend({ history: items(2), seen: [], top: 1 }, parts);
    expect(first[0]).toEqual(ranked[0]);
  });

  test("never contains what was seen or watched", async () => {
    await fc.assert(
      fc.asyncProperty(fc.subarray([...items(0, 1, 2, 3, 4, 5, 6, 7)]), fc.nat(ITEMS), async (known, cut) => {
        const request = { history: known.slice(0, cut), seen: known.slice(cut), top: 10 };
        const { ranked } = await recommend(request, parts);
        expect(ranked.filter(({ item }) => known.includes(item))).toEqual([]);
        expect(ranked.length).toBe(Math.min(4, ITEMS - known.length));
      }),
      { numRuns: 50 },
    );
  });

  test("of an empty history is popular films in order of popularity and says so", async () => {
    const { ranked, personal } = await recommend({ history: [], seen: [], top: 3 }, parts);
    expect(personal).toBe(false);
    expect(ranked.map(({ item }) => item)).toEqual(items(1, 3, 6));
  });

  test("of someone who has seen everything is empty", async () => {
    const { ranked, slateSize } = await recommend(
      { history: items(0), seen: films.map(({ id }) => id), top: 3 },
      parts,
    );
    expect(ranked).toEqual([]);
    expect(slateSize).toBe(0);
  });
});

test("persona and examples reach the prompt and leave recommender and gate alone", async () => {
  const asked: PromptRequest[] = [];
  const ask = makeScoreFn({ engine, behaviour, prompts: fakePrompts(asked), beta: 0.5 });
  const query = { history: items(1), candidates: items(2, 3) };
  const persona = { likes: ["horror"], dislikes: [] };
  const examples = { liked: items(4), disliked: items(5) };
  const [plain, told] = await ask([query, { ...query, persona, examples }]);
  expect(asked[1]).toMatchObject({ persona, examples });
  expect(told!.sasrec).toEqual(plain!.sasrec);
  expect(told!.gate).toEqual(plain!.gate);
  await expect(ask([{ ...query, examples: { liked: [], disliked: items(ITEMS) } }])).rejects.toThrow(
    /item 8 is not one/,
  );
});
