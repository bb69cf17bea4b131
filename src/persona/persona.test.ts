import { expect, test } from "vitest";
import { itemId } from "../core/ids.ts";
import {
  inferPersona,
  MOST_SPOKEN,
  type Opinions,
  type Override,
  spokenDirections,
  tasteScore,
} from "./persona.ts";
import { type Direction, exposureReference, type PreferenceSpace } from "./preference-space.ts";

const SIZE = 8;
const ITEMS = 64;
const direction = (id: string): Direction => ({
  id,
  name: { en: id, ja: id },
  definition: { en: id, ja: id },
  phrase: `phrase ${id}`,
  kind: "binary",
});
/** Film i has attribute d where bit d of i is set, so that no film has the last two. */
const attributes = Float64Array.from(
  { length: ITEMS * SIZE },
  (_, at) => (Math.floor(at / SIZE) >> (at % SIZE)) & 1,
);
const space: PreferenceSpace = {
  directions: Array.from({ length: SIZE }, (_, d) => direction(`d${d}`)),
  items: ITEMS,
  attributes,
  reference: exposureReference(
    attributes,
    Array.from({ length: ITEMS }, () => 3),
  ),
  prior: {
    mean: Float64Array.from({ length: SIZE }, (_, d) => (d === 1 ? 2 : 0)),
    covariance: Float64Array.from({ length: SIZE * SIZE }, (_, i) => (i % (SIZE + 1) === 0 ? 4 : 0)),
    freedom: 2,
  },
  likeWeight: 2,
  dislikeWeight: 1,
};
const opinions = (liked: number[], disliked: number[] = []): Opinions => ({
  liked: liked.map(itemId),
  disliked: disliked.map(itemId),
});
const states = (persona: ReturnType<typeof inferPersona>) => persona.stances.map(({ state }) => state);

test("before any opinion every direction is neutral, also one that the training users share", () => {
  const persona = inferPersona(space, opinions([]));
  expect(new Set(states(persona))).toEqual(new Set(["neutral"]));
  expect(persona.stances.map(({ probability }) => probability)).toEqual(Array(SIZE).fill(0.5));
  expect([...persona.taste]).toEqual([...space.prior.mean]);
  expect(spokenDirections(persona)).toEqual({ likes: [], dislikes: [] });
});

test("liking films of a kind is for it, disliking them against", () => {
  const ofFirst = [1, 3, 5, 9, 17, 33];
  expect(inferPersona(space, opinions(ofFirst)).stances[0]!.state).toBe("for");
  expect(inferPersona(space, opinions([], [...ofFirst, 11, 13])).stances[0]!.state).toBe("against");
});

test("the support of a direction adds up to its value and names the films", () => {
  const persona = inferPersona(space, {
    ...opinions([1, 6], [9]),
    pairs: [{ preferred: itemId(4), other: itemId(2) }],
  });
  for (const { value, support } of persona.stances) {
    expect(support.reduce((sum, { value: share }) => sum + share, 0)).toBeCloseTo(value, 8);
    expect(support.map(({ item }) => item).sort((a, b) => a - b)).toEqual([1, 4, 6, 9]);
  }
});

test("popularity alone says nothing: an opinion on a film like all of its popularity moves nothing", () => {
  const reference = Float64Array.from(attributes);
  const persona = inferPersona({ ...space, reference }, opinions([1, 2, 3]));
  expect(new Set(states(persona))).toEqual(new Set(["neutral"]));
});

test("what is liked of two films is held against the other", () => {
  const { stances } = inferPersona(space, {
    ...opinions([]),
    pairs: [
      { preferred: itemId(1), other: itemId(0) },
      { preferred: itemId(3), other: itemId(2) },
    ],
  });
  expect(stances[0]!.probability).toBeGreaterThan(0.6);
  expect(stances[1]!.probability).toBeCloseTo(0.5, 9);
});

test("a decision of the user stands whatever is rated, in state, prompt and score", () => {
  const against: Override = { state: "against", by: "set" };
  const persona = inferPersona(space, opinions([1, 3, 5, 9]), new Map([["d0", against]]));
  const [first] = persona.stances;
  expect([first!.state, first!.inferred, first!.override]).toEqual(["against", "for", against]);
  expect(spokenDirections(persona).dislikes).toContain("phrase d0");
  expect(
    tasteScore(space, persona.taste, itemId(1)) - tasteScore(space, persona.taste, itemId(0)),
  ).toBeLessThan(-1);
});

test("a direction set to neutral is silent and counts as the training users' mean", () => {
  const persona = inferPersona(
    space,
    opinions([1, 3, 5, 9]),
    new Map([["d0", { state: "neutral", by: "locked" }]]),
  );
  expect(persona.stances[0]!.state).toBe("neutral");
  expect(persona.taste[0]).toBe(0);
  expect(spokenDirections(persona).likes).not.toContain("phrase d0");
});

test("at most six directions speak, decisions first, in the order of the space", () => {
  const all = new Map(
    space.directions.map(({ id }): [string, Override] => [id, { state: "for", by: "set" }]),
  );
  all.delete("d0");
  const { likes } = spokenDirections(inferPersona(space, opinions([1, 3, 5, 9]), all));
  expect(likes).toHaveLength(MOST_SPOKEN);
  expect(likes).toEqual(["d1", "d2", "d3", "d4", "d5", "d6"].map((id) => `phrase ${id}`));
});
