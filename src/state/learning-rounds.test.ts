import { describe, expect, test } from "vitest";
import { isDrawAsLogged } from "../adapt/exploration-slot.ts";
import { filmFeatures } from "../adapt/film-features.ts";
import { asLogRow } from "../adapt/log-row.ts";
import { itemId } from "../core/ids.ts";
import { softmax } from "../core/softmax.ts";
import type { Answer } from "./answer-state.ts";
import { fixtureRecommendation } from "./fixtures/answer.ts";
import { fixtureFilmsByItem } from "./fixtures/films.ts";
import { fixtureSpace } from "./fixtures/preference-space.ts";
import { drawRow, learningRounds, outcomeAfter } from "./learning-rounds.ts";

const features = filmFeatures(fixtureSpace);
const history = [3, 4].map(itemId);
const recommendation = fixtureRecommendation(history, history, 20);
const answer: Answer = {
  origin: "computed",
  madeWith: null,
  history,
  films: fixtureFilmsByItem,
  recommendation: { ...recommendation, ranked: recommendation.ranked.slice(0, 10) },
  slate: recommendation.ranked,
  learned: 0,
};
const learned = { version: 3, theta: new Float64Array(features.width).fill(0.5), features };
const row = drawRow(answer, null, 0.2, { seed: 7, counter: 5 }, 1_000);

describe("a drawn row", () => {
  test("is one of the log's, and its seed and counter give its draw again", () => {
    expect(asLogRow(row)).toEqual(row);
    expect(
      isDrawAsLogged({
        place: row.a,
        propensities: row.p,
        isRandomised: row.randomised,
        epsilon: 0.2,
        seed: 7,
        counter: 5,
      }),
    ).toBe(true);
    expect(row.slateIds).toHaveLength(20);
    expect(row.position).toBe(10);
  });
  test("is drawn by the scores that are in force, and says those without anything learned", () => {
    const shown = answer.slate.map((film) => film.shown);
    for (const [place, p] of softmax(shown).entries()) expect(row.p[place]).toBeCloseTo(0.8 * p + 0.01, 12);
    const after = drawRow(answer, learned, 0.2, { seed: 7, counter: 5 }, 1_000);
    expect([after.policyVersion, after.baseScores]).toEqual([3, shown]);
    expect(after.p).not.toEqual(row.p);
    expect(asLogRow(after)).toEqual(after);
  });
});

describe("an outcome", () => {
  const said = (before: typeof row, kind: "liked" | "dismissed", t = 9_000) => ({
    ...before,
    ...outcomeAfter(before, { kind }, 500, t),
  });
  const seen = (before: typeof row, visibleMs: number) => ({
    ...before,
    ...outcomeAfter(before, { kind: "ignored", visibleMs }, visibleMs, 9_000),
  });
  test("is 1 for a like and 0 for a dismissal, whenever it was said; the last word counts", () => {
    expect(said(row, "liked")).toMatchObject({ y: 1, tOutcome: 9_000, visibleMs: 500 });
    expect(said(said(row, "liked"), "dismissed")).toMatchObject({ y: 0 });
    expect(said(seen(row, 12_000), "liked")).toMatchObject({ y: 1, visibleMs: 12_000 });
  });
  test("is 0 after ten seconds in sight and not before; it covers no reaction", () => {
    expect(seen(row, 9_999)).toMatchObject({ y: null, tOutcome: null, visibleMs: 9_999 });
    expect(seen(row, 10_000)).toMatchObject({ y: 0, tOutcome: 9_000 });
    expect(seen(said(row, "liked"), 60_000)).toMatchObject({ y: 1, tOutcome: 9_000, visibleMs: 60_000 });
  });
  test("is nothing where nothing changes, and never from before the film was shown", () => {
    expect(outcomeAfter(seen(row, 400), { kind: "ignored", visibleMs: 300 }, 300, 9_000)).toBeNull();
    expect(said(row, "liked", 10)).toMatchObject({ tOutcome: 1_000 });
  });
});

describe("rounds", () => {
  test("are the drawn rows with an outcome, base scores and known films", () => {
    const { baseScores: _, ...old } = row;
    const rows = [
      { ...row, y: 1, tOutcome: 2_000 },
      row,
      { ...old, y: 1, tOutcome: 2_000 },
      { ...row, y: 1, tOutcome: 2_000, slateIds: row.slateIds.with(0, itemId(900)) },
    ].map((each, key) => ({ key, row: each }));
    const rounds = learningRounds(rows, features);
    expect(rounds).toEqual([
      {
        baseScores: row.baseScores,
        features: features.of(row.slateIds),
        action: row.a,
        reward: 1,
        propensities: row.p,
      },
    ]);
  });
});
