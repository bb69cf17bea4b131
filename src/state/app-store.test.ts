import { describe, expect, test } from "vitest";
import { FailureError } from "../core/failure.ts";
import { present } from "../core/invariant.ts";
import type { HistoryItem } from "../history/history-store.ts";
import type { Handlers } from "../worker/protocol.ts";
import { makeAppStore } from "./app-store.ts";
import { fixtureRecommendation } from "./fixtures/answer.ts";
import { fixtureAssets } from "./fixtures/assets.ts";
import { fixtureMatrix } from "./fixtures/effects.ts";
import { makeFakeCall } from "./fixtures/fake-call.ts";
import { fixtureFilms } from "./fixtures/films.ts";
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

  test("a list that was read before a key was pressed is not shown without what the key did", async () => {
    const page = await openPage(watched(541, 1214));
    const { key = "" } = page.get().history.events[0] ?? {};
    const shown = () => page.get().history.events[0]?.rating;
    const arrive = page.history.holdReadings();
    void page.intentions.rateFilm(key, 0.5);
    await page.gate.settle();
    void page.intentions.rateFilm(key, 1);
    page.history.holdReadings();
    arrive();
    await page.gate.settle();
    expect(shown()).toBe(1);
  });

  test("what another tab did is not shown without what waits here", async () => {
    const page = await openPage(watched(541, 1214));
    const { key = "" } = page.get().history.events[0] ?? {};
    const arrive = page.history.holdReadings();
    void page.intentions.readHistory();
    await page.gate.settle();
    void page.intentions.rateFilm(key, 4);
    page.history.holdReadings();
    arrive();
    await page.gate.settle();
    expect(page.get().history.events[0]?.rating).toBe(4);
  });

  test("a refused step takes only itself back", async () => {
    const page = await openPage(watched(541, 1214));
    const [first, second] = page.get().history.events;
    page.history.refuseNext();
    void page.intentions.rateFilm(first?.key ?? "", 4);
    const arrive = page.history.holdReadings();
    void page.intentions.rateFilm(second?.key ?? "", 2);
    await page.gate.settle();
    page.history.holdReadings();
    arrive();
    await page.gate.settle();
    expect(page.get().history.events.map(({ rating }) => rating)).toEqual([null, 2]);
  });

  test("a step on an entry that is gone leaves the others on the screen", async () => {
    const page = await openPage(watched(541, 1214));
    void page.intentions.rateFilm("removed-elsewhere", 4);
    void page.intentions.moveFilm("removed-elsewhere", 0);
    await page.gate.settle();
    expect(page.get().history.events.map(({ movieId, rating }) => [movieId, rating])).toEqual([
      [541, null],
      [1214, null],
    ]);
  });

  test("clearing right after adding is undone with the film that was added", async () => {
    const page = await openPage(watched(541));
    void page.intentions.addFilm(1214);
    void page.intentions.clearHistory();
    await page.gate.settle();
    expect(page.get().history.events).toEqual([]);
    void page.intentions.undo();
    await page.gate.settle();
    expect(page.get().history.events.map(({ movieId }) => movieId)).toEqual([541, 1214]);
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

describe("the audit of a map", () => {
  async function explained(...movieIds: readonly number[]) {
    const page = await openPage(watched(...movieIds));
    await page.load();
    await page.gate.let("recommend");
    await page.explain();
    return page;
  }
  const audit = (page: Awaited<ReturnType<typeof explained>>) => page.get().inquiries.audit;

  test("begins by itself once the map is whole, and not before", async () => {
    const page = await openPage(watched(541, 1214));
    await page.load();
    await page.gate.let("recommend");
    await page.gate.let("explain");
    expect(page.get().explanation.phase).toBe("running");
    expect(page.gate.waitingAt("audit")).toBe(0);
    await page.explain();
    expect(audit(page).phase).toBe("running");
    await page.gate.let("audit");
    expect(audit(page)).toMatchObject({ progress: { done: 1, total: 2 } });
    await page.gate.let("audit");
    expect(audit(page)).toMatchObject({ phase: "done", subject: page.get().explanation.shown?.matrix });
  });

  test("never stands in the way of a new answer", async () => {
    const page = await explained(541, 1214);
    expect(page.gate.waitingAt("audit")).toBe(1);
    void page.intentions.addFilm(924);
    await page.gate.settle();
    expect(audit(page).phase).toBe("stopped");
    await page.gate.let("audit");
    await page.gate.let("recommend");
    expect(audit(page).phase).toBe("none");
    expect(page.gate.waitingAt("audit")).toBe(0);
    await page.explain();
    expect(audit(page).phase).toBe("running");
  });

  test("makes room for what a person asks, and begins again afterwards", async () => {
    const page = await explained(541, 1214);
    const shown = present(page.get().answer.shown, "an answer").recommendation;
    void page.intentions.showChannels(shown);
    await page.gate.settle();
    await page.gate.let("audit");
    expect(page.gate.waitingAt("audit")).toBe(0);
    expect(page.get().inquiries.channels.phase).toBe("running");
    await page.gate.let("channels");
    expect(page.get().inquiries.channels).toMatchObject({ phase: "done", subject: shown });
    expect(page.gate.waitingAt("audit")).toBe(1);
    await page.gate.let("audit");
    await page.gate.let("audit");
    expect(audit(page).phase).toBe("done");
  });

  test("that a person stopped stays stopped until it is asked for", async () => {
    const page = await explained(541, 1214);
    page.intentions.stop("audit");
    await page.gate.let("audit");
    void page.intentions.showStrip(present(page.get().answer.shown, "an answer").recommendation);
    await page.gate.let("strip");
    expect(audit(page).phase).toBe("stopped");
    void page.intentions.startAudit();
    await page.gate.let("audit");
    await page.gate.let("audit");
    expect(audit(page).phase).toBe("done");
  });

  test("is remembered with its map", async () => {
    const page = await explained(541, 1214);
    await page.gate.let("audit");
    await page.gate.let("audit");
    const report = audit(page);
    void page.intentions.chooseMethod("replacement");
    await page.gate.settle();
    expect(audit(page).phase).toBe("none");
    await page.explain();
    void page.intentions.chooseMethod("leave-one-out");
    await page.gate.settle();
    expect(audit(page)).toEqual(report);
    expect(page.gate.waitingAt("explain")).toBe(0);
  });
});

describe("questions beside the map", () => {
  async function answered() {
    const page = await openPage(watched(541, 1214));
    await page.load();
    await page.gate.let("recommend");
    await page.explain();
    page.intentions.stop("audit");
    const candidates = page.get().explanation.shown?.candidates ?? [];
    const [film, otherFilm] = [present(candidates[8], "one"), present(candidates[9], "another")];
    return { ...page, film, otherFilm };
  }

  test("what was asked about an answer before is shown at once", async () => {
    const page = await answered();
    void page.intentions.askWhatIf(page.film);
    await page.gate.let("whatIf");
    void page.intentions.askWhatIf(page.otherFilm);
    await page.gate.let("whatIf");
    void page.intentions.askWhatIf(page.film);
    await page.gate.settle();
    expect(page.gate.waitingAt("whatIf")).toBe(0);
    expect(page.get().inquiries.whatIf).toMatchObject({ phase: "done", subject: page.film });
  });

  test("a slow answer about one film does not pass for that about the next", async () => {
    const page = await answered();
    void page.intentions.askWhatIf(page.film);
    await page.gate.settle();
    void page.intentions.askWhatIf(page.otherFilm);
    await page.gate.let("whatIf");
    expect(page.get().inquiries.whatIf).toMatchObject({
      subject: page.otherFilm,
      result: { item: page.otherFilm },
    });
  });

  test("a search that is stopped says how far it came, and a new answer forgets it", async () => {
    const page = await answered();
    void page.intentions.findCounterfactual(page.otherFilm);
    await page.gate.let("counterfactual");
    page.intentions.stop("counterfactual");
    await page.gate.let("counterfactual");
    expect(page.get().inquiries.counterfactual).toMatchObject({
      phase: "stopped",
      progress: { passes: 1 },
    });
    void page.intentions.addFilm(924);
    await page.gate.settle();
    await page.gate.let("recommend");
    expect(page.get().inquiries.counterfactual.phase).toBe("none");
  });

  test("nothing is asked while a newer answer is on its way", async () => {
    const page = await answered();
    void page.intentions.addFilm(924);
    await page.gate.settle();
    void page.intentions.askWhatIf(page.film);
    await page.gate.settle();
    expect(page.get().inquiries.whatIf.phase).toBe("none");
  });

  test("an edit that was found changes the history in one step, and one undo brings it back", async () => {
    const page = await openPage([
      { movieId: 541, rating: 4 },
      { movieId: 1214, rating: null },
    ]);
    const item = (movieId: number) =>
      present(
        fixtureFilms.find((film) => film.movieId === movieId),
        "a film",
      ).id;
    void page.intentions.applyEdit({ removed: [item(541)], added: [item(260), item(356)] });
    await page.gate.settle();
    const list = () => page.get().history.events.map(({ movieId, rating }) => [movieId, rating]);
    expect(list()).toEqual([
      [1214, null],
      [260, null],
      [356, null],
    ]);
    void page.intentions.undo();
    await page.gate.settle();
    expect(list()).toEqual([
      [541, 4],
      [1214, null],
    ]);
  });
});

describe("methods", () => {
  test("Shapley values begin with a small estimate, go on from it, and begin anew with the next answer", async () => {
    const asked: unknown[] = [];
    const ten = [1, 260, 2571, 541, 1214, 924, 356, 912, 2959, 4973] as const;
    const page = await openPage(watched(...ten), {
      explain: async ({ history, candidates, question, method, pairs }) => {
        asked.push([method, pairs]);
        return { ...fixtureMatrix(history, candidates, question), method };
      },
    });
    await page.load();
    await page.gate.let("recommend");
    await page.intentions.chooseMethod("shapley");
    await page.intentions.chooseMethod("shapley", "more");
    await page.intentions.chooseMethod("shapley", "exact");
    expect(asked).toEqual([
      ["leave-one-out", undefined],
      ["shapley", 4],
      ["shapley", 16],
      ["shapley", undefined],
    ]);
    void page.intentions.addFilm(1240);
    await page.gate.settle();
    await page.gate.let("recommend");
    expect(asked.at(-1)).toEqual(["shapley", 4]);
  });

  test("a better estimate shows the first one until it has rows of its own", async () => {
    const ten = [1, 260, 2571, 541, 1214, 924, 356, 912, 2959, 4973] as const;
    const page = await openPage(watched(...ten));
    await page.load();
    await page.gate.let("recommend");
    await page.explain();
    void page.intentions.chooseMethod("shapley");
    await page.gate.settle();
    expect(page.get().explanation.shown?.rows).toEqual([]);
    await page.explain();
    const first = page.get().explanation.shown?.rows;
    void page.intentions.chooseMethod("shapley", "more");
    await page.gate.settle();
    expect(page.get().explanation).toMatchObject({ phase: "running", shown: { rows: first, done: 0 } });
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
