import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FailureError } from "../core/failure.ts";
import { eventIndex, type ItemId, itemId } from "../core/ids.ts";
import type { ScoreFn, SlateQuery } from "../scores/score-fn.ts";
import {
  type CounterfactualProgress,
  type CounterfactualRequest,
  findCounterfactual,
} from "./counterfactual.ts";
import { BETA, game, items, sceneOf, sum, toyScore } from "./toy-fixture.ts";

const TARGET = 100;
const RIVAL = 101;
const range = (n: number) => Array.from({ length: n }, (_, i) => i);

/** The rival leads by `lead` and by whatever the kept items are worth to it. */
const rivalry = (worth: (kept: readonly number[]) => number) =>
  game((kept, candidate) => (candidate === RIVAL ? worth(kept) : 0));

const search = (
  toy: Parameters<typeof toyScore>[0],
  over: Partial<CounterfactualRequest> = {},
  asked: SlateQuery[] = [],
) =>
  findCounterfactual(
    { scene: sceneOf(range(6), [RIVAL, TARGET]), target: itemId(TARGET), budget: 500, ...over },
    toyScore(toy, asked),
  );

test("a film that leads already needs no edit", async () => {
  const found = await search(rivalry(() => -1));
  expect(found).toMatchObject({
    outcome: "already-first",
    edit: { removed: [], added: [] },
    isSmallest: true,
    marginBefore: 1,
    marginAfter: 1,
    forwardPasses: 1,
  });
});

test("the one item that stands in the way is found, and what the page shows without it", async () => {
  const found = await search(rivalry((kept) => (kept.includes(3) ? 2 : -1)));
  expect(found).toMatchObject({
    outcome: "found",
    edit: { removed: [3], added: [] },
    isSmallest: true,
    marginBefore: -2,
    marginAfter: 1,
    closest: { edit: { removed: [3] }, margin: 1 },
  });
  expect(found.before.map(({ rank }) => rank)).toEqual([1, 2]);
  expect(found.after?.map(({ rank }) => rank)).toEqual([2, 1]);
});

test("a pair that does nothing one by one is found too", async () => {
  const found = await search(rivalry((kept) => (kept.includes(1) || kept.includes(4) ? 2 : -1)));
  expect(found).toMatchObject({ outcome: "found", edit: { removed: [1, 4], added: [] }, isSmallest: true });
});

test("a planted smallest edit is found and is really the answer", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.subarray(range(8), { minLength: 1, maxLength: 2 }),
      fc.nat(50),
      async (planted, seed) => {
        const noise = (kept: readonly number[]) => sum(kept.map((item) => 0.05 * Math.sin(item * 7 + seed)));
        const toy = rivalry((kept) => (kept.some((item) => planted.includes(item)) ? 2 : -2) + noise(kept));
        const found = await search(toy, { scene: sceneOf(range(8), [RIVAL, TARGET]) });
        expect(found).toMatchObject({
          outcome: "found",
          edit: { removed: planted, added: [] },
          isSmallest: true,
        });
      },
    ),
    { numRuns: 60 },
  );
});

test("three items that each do a part are found through the best of the smaller edits", async () => {
  const found = await search(
    rivalry((kept) => sum(kept.filter((item) => [0, 2, 5].includes(item)).map(() => 1)) - 0.5),
  );
  expect(found).toMatchObject({
    outcome: "found",
    edit: { removed: [0, 2, 5], added: [] },
    isSmallest: true,
  });
});

test("no part of what is found does it", async () => {
  // A beam that keeps what works alone beside what was added in vain would find {0, 1, 2}; 1 and 2 do it.
  const toy = rivalry((kept) =>
    kept.includes(1) || kept.includes(2) ? 1 - (kept.includes(0) ? 0 : 0.9) : -1,
  );
  const found = await search(toy, { budget: 20 });
  expect(found.edit?.removed).toEqual([1, 2]);
});

test("every size has its part of the budget", async () => {
  // All pairs would take 1 + 10 + 45 questions; three items do it.
  const toy = rivalry((kept) => sum(kept.filter((item) => [1, 4, 8].includes(item)).map(() => 1)) - 0.5);
  const found = await search(toy, { scene: sceneOf(range(10), [RIVAL, TARGET]), budget: 40 });
  expect(found).toMatchObject({ outcome: "found", edit: { removed: [1, 4, 8] }, isSmallest: false });
});

test("edits whose parts did most by themselves are tried first", async () => {
  const toy = rivalry((kept) => sum(kept.filter((item) => item > 7).map(() => 1)) - 0.5);
  const found = await search(toy, { scene: sceneOf(range(10), [RIVAL, TARGET]) });
  expect(found.edit?.removed).toEqual([8, 9]);
  // The history, ten single edits, one chunk of the 45 pairs, and the verification.
  expect(found.forwardPasses).toBe(1 + 10 + 8 + 1);
});

test("with many films to add, not every pair is tried, and a larger find does not claim to be the smallest", async () => {
  const additions = items(...range(20).map((i) => 200 + i));
  const toy = rivalry(
    (kept) => 2.5 - sum(kept.filter((item) => [203, 207, 211].includes(item)).map(() => 1)),
  );
  const found = await search(toy, { scene: sceneOf([0], [RIVAL, TARGET]), additions, budget: 1000 });
  expect(found.outcome).toBe("found");
  expect(found.edit?.added).toEqual([203, 207, 211]);
  expect(found.isSmallest).toBe(false);
});

describe("additions", () => {
  const toy = rivalry((kept) => (kept.includes(50) ? -1 : 1));
  test("are tried where no removal of that size does it", async () => {
    const found = await search(toy, { additions: items(49, 50) });
    expect(found).toMatchObject({ outcome: "found", edit: { removed: [], added: [50] }, isSmallest: true });
  });
  test("come after removals of the same size, though they did more", async () => {
    const both = rivalry((kept) => (kept.includes(50) ? -9 : kept.includes(2) ? 1 : -1));
    const found = await search(both, { additions: items(50) });
    expect(found.edit).toEqual({ removed: [2], added: [] });
  });
  test("are no films of the history and none that leads the target", async () => {
    const asked: SlateQuery[] = [];
    await search(
      rivalry(() => 1),
      { additions: items(RIVAL, TARGET, 3), mostEdits: 1 },
      asked,
    );
    expect(Math.max(...asked.map(({ history }) => history.length))).toBe(6);
  });
});

describe("the page's own answer", () => {
  test("is what counts: an older item moves into the prompt", async () => {
    const asked: SlateQuery[] = [];
    const toy = rivalry((kept) => (kept.includes(9) ? -1 : 1));
    const scene = sceneOf([9, 1, 2], [RIVAL, TARGET], { promptItems: 2 });
    const found = await search(toy, { scene }, asked);
    expect(found).toMatchObject({ outcome: "found", edit: { removed: [1] }, marginAfter: 1 });
    expect(asked.at(-1)).toMatchObject({ history: items(9, 2), promptItems: 2 });
  });

  test("is the shown score, recommender and all", async () => {
    const toy = {
      verdict: () => 0,
      sasrec: (history: readonly ItemId[], candidate: ItemId) =>
        candidate === RIVAL && history.includes(itemId(4)) ? 1 : candidate === TARGET ? 0.5 : 0,
    };
    const found = await search(toy);
    expect(found).toMatchObject({
      edit: { removed: [4] },
      marginBefore: -0.5 * BETA,
      marginAfter: 0.5 * BETA,
    });
  });

  test("is verified on the slate that the edited history is offered", async () => {
    const third = 102;
    const toy = game((kept, candidate) => {
      if (candidate === TARGET) return 0;
      // Without item 2 another film is proposed that beats the target; without item 3 none is.
      if (candidate === third) return 5;
      return kept.includes(2) && kept.includes(3) ? 1 : -1 - kept.length;
    });
    const found = await search(toy, {
      slateOf: (history) =>
        history.includes(itemId(2)) ? items(RIVAL, TARGET) : items(third, RIVAL, TARGET),
    });
    expect(found.edit).toEqual({ removed: [3], added: [] });
    expect(found.after?.map(({ item }) => item)).toEqual([RIVAL, TARGET]);
  });

  test("costs no question where the target would not be offered", async () => {
    const asked: SlateQuery[] = [];
    const toy = rivalry((kept) => (kept.length === 6 ? 1 : -1));
    const never = await search(toy, { slateOf: () => items(RIVAL), mostEdits: 2 }, asked);
    expect(never).toMatchObject({
      outcome: "none",
      edit: null,
      after: null,
      isOffered: false,
      closest: null,
    });
    expect(asked).toHaveLength(1);
  });

  test("is the whole slate's: a film far down that an edit lets lead is in the way", async () => {
    const slate = range(20).map((i) => 101 + i);
    const late = 120;
    const toy = game((kept, candidate) => {
      if (candidate === TARGET) return 0;
      if (candidate === late) return kept.includes(0) ? -9 : 3;
      return kept.includes(0) && kept.includes(4) ? 1 - candidate / 1000 : -1;
    });
    const found = await search(toy, { scene: sceneOf(range(6), [...slate, TARGET]) });
    expect(found).toMatchObject({ outcome: "found", edit: { removed: [4] } });
    expect(found.after).toHaveLength(21);
    // Where every edit lets it lead, the distance that is told is that to it, and not to those that led before.
    const hopeless = game((kept, candidate) =>
      candidate === TARGET ? 0 : candidate === late ? (kept.length === 6 ? -9 : 3) : kept.length - 5.5,
    );
    const none = await search(hopeless, { scene: sceneOf(range(6), [...slate, TARGET]), mostEdits: 1 });
    expect(none).toMatchObject({ outcome: "none", marginBefore: 0.5 - 1, closest: { margin: -3 } });
    expect(none.closest?.standings.find(({ item }) => item === TARGET)?.rank).toBe(2);
  });
});

test("an edit is never reported that the model, asked again, does not confirm", async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(), fc.integer({ min: 2, max: 60 }), async (seed, budget) => {
      // A model whose first answers may be wrong: only an edit with an even sum of what is left really works.
      const truth = (query: SlateQuery) => sum(query.history) % 2 === 0 && query.history.length < 6;
      const seen = new Set<string>();
      const asked: SlateQuery[] = [];
      const liar: ScoreFn = (queries, ...rest) => {
        const lies = queries.map((query) => {
          const key = query.history.join();
          const isFirst = !seen.has(key);
          seen.add(key);
          return isFirst && (sum(query.history) + seed) % 3 === 0;
        });
        const at = (candidate: number, query: SlateQuery) =>
          candidate === RIVAL ? (truth(query) || lies[queries.indexOf(query)] ? -1 : 1) : 0;
        const scored = queries.map((query) => {
          asked.push(query);
          const verdict = query.candidates.map((candidate) => at(candidate, query));
          return { verdict, shown: verdict, sasrec: [0, 0], probability: [0.5, 0.5], gate: [1] };
        });
        for (const [i, answer] of scored.entries()) rest[1]?.(i, answer);
        return Promise.resolve(scored);
      };
      const found = await findCounterfactual(
        { scene: sceneOf(range(6), [RIVAL, TARGET]), target: itemId(TARGET), budget },
        liar,
      );
      expect(found.forwardPasses).toBe(asked.length);
      expect(asked.length).toBeLessThanOrEqual(budget);
      if (found.edit !== null && found.outcome !== "already-first") {
        const { removed } = found.edit;
        const history = items(...range(6).filter((event) => !removed.includes(eventIndex(event))));
        expect(truth({ history, candidates: [] })).toBe(true);
      }
      expect(found.edit === null).toBe(found.after === null);
    }),
    { numRuns: 100 },
  );
});

describe("where nothing does it", () => {
  test("the closest edit is told", async () => {
    const found = await search(
      rivalry((kept) => kept.length + (kept.includes(5) ? 3 : 0)),
      { mostEdits: 2 },
    );
    expect(found).toMatchObject({ outcome: "none", edit: null, marginAfter: null, isSmallest: false });
    expect(found.closest?.edit.removed).toContain(5);
    expect(found.closest?.margin).toBe(-4);
    // The history, the edits, and the closest on its whole slate.
    expect(found.forwardPasses).toBe(1 + 6 + 15 + 1);
  });
  test("the last question of the budget is kept for the verification", async () => {
    const toy = rivalry((kept) => (kept.includes(0) ? 1 : -1));
    expect(await search(toy, { budget: 7 })).toMatchObject({
      outcome: "found",
      edit: { removed: [0] },
      forwardPasses: 7,
    });
  });
  test("the budget is kept", async () => {
    const asked: SlateQuery[] = [];
    const found = await search(
      rivalry((kept) => kept.length),
      { budget: 10 },
      asked,
    );
    expect(found).toMatchObject({ outcome: "budget-spent", edit: null });
    expect(asked.length).toBeLessThanOrEqual(10);
    expect(found.forwardPasses).toBe(asked.length);
  });
  test("an empty history has nothing to take out", async () => {
    expect(
      await search(
        rivalry(() => 1),
        { scene: sceneOf([], [RIVAL, TARGET]) },
      ),
    ).toMatchObject({
      outcome: "none",
      closest: null,
    });
  });
});

test("being first by less than any backend repeats is not being first", async () => {
  expect(
    await search(
      rivalry((kept) => (kept.length === 6 ? 1 : -1e-4)),
      { mostEdits: 1 },
    ),
  ).toMatchObject({
    outcome: "none",
  });
});

test("a target that is no candidate is refused", async () => {
  await expect(
    search(
      rivalry(() => 1),
      { target: itemId(7) },
    ),
  ).rejects.toThrow(FailureError);
});

describe("the search", () => {
  test("tells how far it is", async () => {
    const heard: CounterfactualProgress[] = [];
    const found = await findCounterfactual(
      { scene: sceneOf(range(6), [RIVAL, TARGET]), target: itemId(TARGET), budget: 50, mostEdits: 2 },
      toyScore(rivalry((kept) => kept.length)),
      { onProgress: (progress) => heard.push(progress) },
    );
    expect(heard.map(({ passes }) => passes)).toEqual(range(found.forwardPasses).map((i) => i + 1));
    expect(heard[0]).toEqual({ passes: 1, budget: 50, size: 0, margin: null });
    expect(heard.at(-1)).toEqual({ passes: 23, budget: 50, size: 2, margin: -4 });
  });

  test.for([1, 2, 7, 12, 20])("ends where it is cancelled, after pass %i", async (at) => {
    const control = new AbortController();
    const asked: SlateQuery[] = [];
    const cancelled = findCounterfactual(
      { scene: sceneOf(range(6), [RIVAL, TARGET]), target: itemId(TARGET), budget: 50 },
      toyScore(
        rivalry((kept) => kept.length),
        asked,
      ),
      { signal: control.signal, onProgress: ({ passes }) => passes === at && control.abort() },
    );
    await expect(cancelled).rejects.toEqual(new FailureError({ kind: "cancelled" }));
    expect(asked).toHaveLength(at);
  });
});
