import { describe, expect, test } from "vitest";
import { filmFeatures } from "../../../adapt/film-features.ts";
import { itemId } from "../../../core/ids.ts";
import { fixtureRecommendation } from "../../../state/fixtures/answer.ts";
import { fixtureFilms } from "../../../state/fixtures/films.ts";
import { fixtureSpace } from "../../../state/fixtures/preference-space.ts";
import { directionMoves, slateUnder, thetaOf } from "./update-view.ts";

const width = fixtureSpace.directions.length;
const theta = (values: Readonly<Record<string, number>>) =>
  fixtureSpace.directions.map(({ id }) => values[id] ?? 0);
const slate = fixtureRecommendation([itemId(3)], [itemId(3)], 20).ranked;
const features = filmFeatures(fixtureSpace);

describe("theta in words", () => {
  test("names what gained and what lost, strongest first, and nothing that stayed", () => {
    const { gained, lost } = directionMoves(
      fixtureSpace,
      theta({ drama: 0.2, "sci-fi": 0.9, war: -0.4, horror: -0.1, crime: 0.5 }),
      2,
    );
    expect(gained.map(({ direction, nats }) => [direction.id, nats])).toEqual([
      ["sci-fi", 0.9],
      ["crime", 0.5],
    ]);
    expect(lost.map(({ direction }) => direction.id)).toEqual(["war", "horror"]);
  });
});

describe("the slate under a theta", () => {
  test("as it was trained is the app's own order and chances", () => {
    const standings = slateUnder(slate, features, null);
    expect(standings.map(({ rank }) => rank)).toEqual(slate.map((_, i) => i + 1));
    expect(standings.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 12);
    const total = slate.reduce((sum, { shown }) => sum + Math.exp(shown), 0);
    expect(standings[4]?.probability).toBeCloseTo(Math.exp(slate[4]!.shown) / total, 12);
  });

  test("moves the films whose directions gained", () => {
    const after = slateUnder(slate, features, theta({ drama: 3 }));
    const isDrama = (at: number) => fixtureFilms[slate[at]!.item]!.genres.includes("Drama");
    const dramas = [...slate.keys()].filter(isDrama);
    const ranks = dramas.map((at) => after[at]!.rank);
    expect(dramas.length).toBeGreaterThan(2);
    expect(Math.max(...ranks)).toBe(dramas.length);
    expect(after.map(({ item }) => item)).toEqual(slate.map(({ item }) => item));
  });
});

test("the model as it was trained has no theta", () => {
  const record = {
    version: 2,
    parent: 0,
    head: "linear" as const,
    objective: "cpo" as const,
    theta: Array(width).fill(1),
    weighs: features.names,
    figures: {
      rows: 1,
      effectiveSize: 1,
      currentValue: 0,
      proposedValue: 1,
      improvement: { value: 1, standardError: 1, low: 1, high: 1 },
      confidence: 0.95,
    },
    acceptedAt: 0,
  };
  const versions = { current: 2, records: [record] };
  expect(thetaOf(versions, 0)).toBeNull();
  expect(thetaOf(versions, 2)).toEqual(record.theta);
});
