import { describe, expect, test } from "vitest";
import { itemId } from "../core/ids.ts";
import { present } from "../core/invariant.ts";
import { type Answer, type AnswerState, advanceAnswer } from "./answer-state.ts";
import { advanceCatalogue } from "./catalogue-state.ts";
import { advanceEngine } from "./engine-state.ts";
import { advanceExplanation, type Explanation, type ExplanationState } from "./explanation-state.ts";
import { fixtureRecommendation } from "./fixtures/answer.ts";
import { fixtureMatrix } from "./fixtures/effects.ts";
import { fixtureEngine } from "./fixtures/fake-call.ts";
import { fixtureFilmsByItem } from "./fixtures/films.ts";
import { advanceHistory, historyBeforeLoad } from "./history-state.ts";

const history = [3, 4].map(itemId);
const failure = { kind: "device-lost", reason: "driver reset" } as const;
const answer = (origin: Answer["origin"]): Answer => ({
  origin,
  madeWith: null,
  history,
  films: fixtureFilmsByItem,
  recommendation: fixtureRecommendation(history, history, 3),
  slate: fixtureRecommendation(history, history, 6).ranked,
  learned: 0,
});

describe("answer", () => {
  const computing: AnswerState = { phase: "computing", request: 2, shown: answer("sample") };

  test("the reply to an older request changes nothing", () => {
    expect(advanceAnswer(computing, { type: "answered", request: 1, answer: answer("computed") })).toBe(
      computing,
    );
    expect(advanceAnswer(computing, { type: "failed", request: 1, failure })).toBe(computing);
  });
  test("the reply to the newest request replaces the sample", () => {
    const next = advanceAnswer(computing, { type: "answered", request: 2, answer: answer("computed") });
    expect(next).toMatchObject({ phase: "shown", shown: { origin: "computed" } });
  });
  test("another order shows only while nothing newer is under way", () => {
    const reordered = { type: "reordered", answer: { ...answer("computed"), learned: 1 } } as const;
    expect(advanceAnswer({ phase: "shown", shown: answer("computed") }, reordered).shown?.learned).toBe(1);
    expect(advanceAnswer(computing, reordered)).toBe(computing);
  });
  test("a failure keeps what was on screen", () => {
    const next = advanceAnswer(computing, { type: "failed", request: 2, failure });
    expect(next).toEqual({ phase: "failed", failure, shown: computing.shown });
  });
  test("a sample that comes late never covers a computed answer", () => {
    const shown: AnswerState = { phase: "shown", shown: answer("computed") };
    expect(advanceAnswer(shown, { type: "sample-read", answer: answer("sample") })).toBe(shown);
  });
  test("a sample that comes while the first answer is computed is shown meanwhile", () => {
    const next = advanceAnswer(
      { phase: "computing", request: 1, shown: null },
      { type: "sample-read", answer: answer("sample") },
    );
    expect(next).toMatchObject({ phase: "computing", request: 1, shown: { origin: "sample" } });
  });
});

describe("explanation", () => {
  const candidates = [1, 2].map(itemId);
  const matrix = fixtureMatrix(history, candidates);
  const blank: Explanation = {
    origin: "computed",
    question: "total",
    value: "verdict",
    method: "leave-one-out",
    history,
    candidates,
    films: fixtureFilmsByItem,
    rows: [],
    matrix: null,
    done: 0,
    total: 2,
  };
  const row = present(matrix.rows[0], "a row");
  const running: ExplanationState = { phase: "running", request: 5, shown: blank };
  const came = { type: "progressed", rows: [row], done: 1, total: 2 } as const;

  test("rows add up as they come", () => {
    const next = advanceExplanation(running, { ...came, request: 5 });
    expect(next.shown).toMatchObject({ rows: [row], done: 1 });
  });
  test("a row that comes twice is kept once", () => {
    const once = advanceExplanation(running, { ...came, request: 5 });
    expect(advanceExplanation(once, { ...came, request: 5 }).shown?.rows).toEqual([row]);
  });
  test("rows and matrix of an older request change nothing", () => {
    expect(advanceExplanation(running, { ...came, request: 4 })).toBe(running);
    expect(advanceExplanation(running, { type: "answered", request: 4, matrix })).toBe(running);
  });
  test("a cancelled map keeps its rows and takes no more", () => {
    const one = advanceExplanation(running, { ...came, request: 5 });
    const cancelled = advanceExplanation(one, { type: "cancelled" });
    expect(cancelled).toMatchObject({ phase: "cancelled", shown: { rows: [row] } });
    expect(advanceExplanation(cancelled, { type: "answered", request: 5, matrix })).toBe(cancelled);
  });
  test("the matrix makes the map whole", () => {
    const next = advanceExplanation(running, { type: "answered", request: 5, matrix });
    expect(next).toMatchObject({ phase: "whole", shown: { rows: matrix.rows, matrix, done: 2 } });
  });
});

describe("engine", () => {
  const progress = { stage: "fetching", loadedBytes: 1, totalBytes: 2 } as const;
  test("progress after loading is over changes nothing", () => {
    const ready = { phase: "ready", info: fixtureEngine } as const;
    expect(advanceEngine(ready, { type: "load-progressed", progress })).toBe(ready);
    expect(advanceEngine(ready, { type: "load-started" })).toBe(ready);
  });
  test("a failed engine can be loaded again", () => {
    const failed = advanceEngine({ phase: "loading", progress }, { type: "load-failed", failure });
    expect(failed).toEqual({ phase: "failed", failure });
    expect(advanceEngine(failed, { type: "load-started" })).toEqual({ phase: "loading", progress: null });
  });
  test("measurements reach a ready engine only", () => {
    const idle = { phase: "idle" } as const;
    expect(advanceEngine(idle, { type: "measured", info: fixtureEngine })).toBe(idle);
  });
});

describe("history", () => {
  const events = [{ key: "a", movieId: 1, rating: null, addedAt: 0, order: 0 }];
  test("a refused change leaves the list as it was", () => {
    const read = advanceHistory(historyBeforeLoad, {
      type: "read",
      events,
      whyNotDurable: null,
      setAside: 0,
    });
    expect(advanceHistory(read, { type: "refused", failure })).toMatchObject({
      phase: "ready",
      events,
      failure,
    });
  });
  test("a history that could not be read is not called empty", () => {
    expect(advanceHistory(historyBeforeLoad, { type: "refused", failure }).phase).toBe("unreadable");
  });
  test("dismissing puts away failure and offer", () => {
    const changed = advanceHistory(historyBeforeLoad, {
      type: "changed",
      events,
      undo: { kind: "replaced", items: [] },
    });
    expect(advanceHistory(changed, { type: "dismissed" })).toMatchObject({ undo: null, failure: null });
  });
});

test("a catalogue that was read survives a later failure", () => {
  const ready = {
    phase: "ready",
    index: { films: [], byItem: new Map(), byMovieId: new Map() },
    search: () => [],
  } as const;
  expect(advanceCatalogue(ready, { type: "failed", failure })).toBe(ready);
});
