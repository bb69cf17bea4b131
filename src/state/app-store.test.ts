import { describe, expect, test } from "vitest";
import { FailureError } from "../core/failure.ts";
import type { HistoryItem } from "../history/history-store.ts";
import type { Handlers } from "../worker/protocol.ts";
import { makeAppStore } from "./app-store.ts";
import { fixtureRecommendation } from "./fixtures/answer.ts";
import { fixtureAssets } from "./fixtures/assets.ts";
import { makeFakeCall } from "./fixtures/fake-call.ts";
import { makeGateKeeper } from "./fixtures/gate-keeper.ts";
import { makeMemoryHistory } from "./fixtures/memory-history.ts";

const watched = (...movieIds: readonly number[]): readonly HistoryItem[] =>
  movieIds.map((movieId) => ({ movieId, rating: null }));

async function openPage(items: readonly HistoryItem[] = [], overrides: Partial<Handlers> = {}) {
  const gate = makeGateKeeper();
  const history = makeMemoryHistory(items);
  const { state, intentions } = makeAppStore({
    call: makeFakeCall(gate.pause, overrides),
    history: history.store,
    assets: fixtureAssets,
    now: () => Date.UTC(2026, 0, 2),
    model: { baseUrl: "/base", packUrl: "/pack", backend: "auto" },
  });
  void intentions.start();
  await gate.settle();
  const load = async () => {
    for (let step = 0; step < 5; step += 1) await gate.let("load");
  };
  const explain = async () => {
    while (gate.waitingAt("explain") > 0) await gate.let("explain");
  };
  return { gate, history, get: state.getState, intentions, load, explain };
}

describe("opening the page", () => {
  test("the sample is shown before the engine is there, and replaced by the real answer", async () => {
    const page = await openPage(watched(541, 1214));
    expect(page.get().engine.phase).toBe("loading");
    expect(page.get().answer.shown?.origin).toBe("sample");
    expect(page.get().explanation.shown?.origin).toBe("sample");
    await page.load();
    expect(page.get().answer).toMatchObject({ phase: "computing", shown: { origin: "sample" } });
    await page.gate.let("recommend");
    expect(page.get().answer).toMatchObject({ phase: "shown", shown: { origin: "computed" } });
    await page.explain();
    expect(page.get().explanation).toMatchObject({ phase: "whole", shown: { origin: "computed" } });
    expect(page.get().inspection.phase).toBe("shown");
  });

  test("an empty history gets popular films and no explanation", async () => {
    const page = await openPage();
    await page.load();
    await page.gate.let("recommend");
    expect(page.get().answer.shown?.recommendation.personal).toBe(false);
    expect(page.get().explanation).toEqual({ phase: "none", shown: null });
  });

  test("an engine that fails to load is said so and can be tried again; the history stays", async () => {
    let tries = 0;
    const page = await openPage(watched(541), {
      load: async () => {
        tries += 1;
        throw new FailureError({ kind: "file-missing", file: "part-01.bin", status: 404 });
      },
    });
    expect(page.get().engine).toMatchObject({ phase: "failed", failure: { kind: "file-missing" } });
    expect(page.get().history.events).toHaveLength(1);
    await page.intentions.loadEngine();
    expect(tries).toBe(2);
  });
});

describe("changing the history", () => {
  test("a slow answer to the older history is ignored", async () => {
    const held: { answer: () => void; history: readonly number[] }[] = [];
    const page = await openPage(watched(541), {
      recommend: ({ history, seen, top }) =>
        new Promise((resolve) => {
          held.push({ history, answer: () => resolve(fixtureRecommendation(history, seen, top)) });
        }),
    });
    await page.load();
    void page.intentions.addFilm(1214);
    await page.gate.settle();
    expect(held.map(({ history }) => history.length)).toEqual([1, 2]);
    held[1]?.answer();
    await page.gate.settle();
    expect(page.get().answer.shown?.history).toHaveLength(2);
    held[0]?.answer();
    await page.gate.settle();
    expect(page.get().answer.shown?.history).toHaveLength(2);
  });

  test("a change aborts the running explanation and explains anew", async () => {
    const page = await openPage(watched(541, 1214));
    await page.load();
    await page.gate.let("recommend");
    await page.gate.let("explain");
    expect(page.get().explanation).toMatchObject({ phase: "running", shown: { done: 1 } });
    void page.intentions.addFilm(924);
    await page.gate.settle();
    expect(page.get().explanation.phase).toBe("cancelled");
    await page.gate.let("recommend");
    await page.explain();
    expect(page.get().explanation.phase).toBe("whole");
    expect(page.get().explanation.shown?.rows).toHaveLength(3);
  });

  test("a rating of 3 and up asks nothing new, one below takes the film out of the prompt", async () => {
    let asked = 0;
    const page = await openPage(watched(541, 1214), {
      recommend: async ({ history, seen, top }) => {
        asked += 1;
        expect(seen).toHaveLength(2);
        return fixtureRecommendation(history, seen, top);
      },
    });
    await page.load();
    const key = page.get().history.events[0]?.key ?? "";
    await page.intentions.rateFilm(key, 4.5);
    expect(asked).toBe(1);
    void page.intentions.rateFilm(key, 2);
    await page.gate.settle();
    expect(asked).toBe(2);
    expect(page.get().answer.shown?.history).toHaveLength(1);
  });

  test("keys pressed faster than the store answers each count from what is on screen", async () => {
    const page = await openPage(watched(541, 1214, 924));
    const { key = "" } = page.get().history.events[0] ?? {};
    const entry = () => page.get().history.events.find((event) => event.key === key);
    for (let press = 0; press < 4; press++) void page.intentions.rateFilm(key, (entry()?.rating ?? 3) + 0.5);
    expect(entry()?.rating).toBe(5);
    for (let press = 0; press < 2; press++) void page.intentions.moveFilm(key, (entry()?.order ?? 0) + 1);
    await page.gate.settle();
    await page.gate.settle();
    expect(page.get().history.events.map(({ movieId }) => movieId)).toEqual([1214, 924, 541]);
    expect(await page.history.store.load()).toEqual(page.get().history.events);
    expect(entry()?.rating).toBe(5);
  });

  test("a step that storage refuses is taken back from the screen", async () => {
    const page = await openPage(watched(541, 1214));
    const { key = "" } = page.get().history.events[0] ?? {};
    page.history.refuseNext();
    void page.intentions.rateFilm(key, 4);
    expect(page.get().history.events[0]?.rating).toBe(4);
    await page.gate.settle();
    expect(page.get().history.events[0]?.rating).toBeNull();
    expect(page.get().history.failure).toMatchObject({ kind: "storage-failed" });
  });

  test("every kept film is sent: the recommender reads more of them than the prompt", async () => {
    const page = await openPage(watched(1, 260, 2571, 541, 1214, 924, 356, 912, 2959, 4973, 1240, 1270));
    await page.load();
    await page.gate.let("recommend");
    expect(page.get().answer.shown?.history).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  });

  test("a removed film comes back where it was, with its rating", async () => {
    const page = await openPage([
      { movieId: 541, rating: null },
      { movieId: 1214, rating: 4.5 },
      { movieId: 924, rating: null },
    ]);
    void page.intentions.removeFilm(page.get().history.events[1]?.key ?? "");
    await page.gate.settle();
    expect(page.get().history.events.map(({ movieId }) => movieId)).toEqual([541, 924]);
    void page.intentions.undo();
    await page.gate.settle();
    expect(page.get().history.events.map(({ movieId, rating }) => [movieId, rating])).toEqual([
      [541, null],
      [1214, 4.5],
      [924, null],
    ]);
    expect(page.get().history.undo).toBeNull();
  });

  test("a sample replaces the list, and undo brings the list back", async () => {
    const page = await openPage(watched(541));
    const [sample] = page.get().samples;
    if (sample !== undefined) void page.intentions.startFromSample(sample);
    await page.gate.settle();
    expect(page.get().history.events).toHaveLength(3);
    void page.intentions.undo();
    await page.gate.settle();
    expect(page.get().history.events.map(({ movieId }) => movieId)).toEqual([541]);
  });

  test("a change that storage refuses leaves the list as it was and says so", async () => {
    const page = await openPage(watched(541));
    page.history.refuseNext();
    void page.intentions.addFilm(1214);
    await page.gate.settle();
    expect(page.get().history.events).toHaveLength(1);
    expect(page.get().history.failure).toMatchObject({ kind: "storage-failed" });
  });
});

describe("the heatmap", () => {
  test("cancelling keeps the rows that came; going on makes it whole", async () => {
    const page = await openPage(watched(541, 1214, 924));
    await page.load();
    await page.gate.let("recommend");
    await page.gate.let("explain");
    page.intentions.cancelExplanation();
    await page.explain();
    expect(page.get().explanation).toMatchObject({ phase: "cancelled", shown: { done: 1 } });
    void page.intentions.explain();
    await page.gate.settle();
    await page.explain();
    expect(page.get().explanation.phase).toBe("whole");
  });

  test("a map that was computed before is not computed again", async () => {
    const page = await openPage(watched(541, 1214));
    await page.load();
    await page.gate.let("recommend");
    await page.explain();
    const total = page.get().explanation.shown?.rows;
    void page.intentions.chooseQuestion("prompt-only");
    await page.gate.settle();
    await page.explain();
    expect(page.get().explanation.shown).toMatchObject({ question: "prompt-only" });
    await page.intentions.chooseQuestion("total");
    expect(page.gate.waitingAt("explain")).toBe(0);
    expect(page.get().explanation).toMatchObject({ phase: "whole", shown: { rows: total } });
  });

  test("an answer that fails keeps the one before and is asked again on demand", async () => {
    let fails = true;
    const page = await openPage(watched(541), {
      recommend: async ({ history, seen, top }) => {
        if (fails) throw new FailureError({ kind: "device-lost", reason: "driver reset" });
        return fixtureRecommendation(history, seen, top);
      },
    });
    await page.load();
    expect(page.get().answer).toMatchObject({ phase: "failed", shown: { origin: "sample" } });
    fails = false;
    void page.intentions.retryAnswer();
    await page.gate.settle();
    expect(page.get().answer).toMatchObject({ phase: "shown", shown: { origin: "computed" } });
  });
});

test("the saved file is named after the day", async () => {
  const page = await openPage(watched(541));
  expect((await page.intentions.exportHistory())?.name).toBe("becausal-history-2026-01-02.json");
});
