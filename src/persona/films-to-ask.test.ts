import { expect, test } from "vitest";
import { itemId } from "../core/ids.ts";
import { filmsToAsk } from "./films-to-ask.ts";
import { inferPersona } from "./persona.ts";
import { type Direction, exposureReference, type PreferenceSpace } from "./preference-space.ts";

const SIZE = 3;
const direction = (id: string): Direction => ({
  id,
  name: { en: id, ja: id },
  definition: { en: id, ja: id },
  phrase: id,
  kind: "binary",
});
/** Films 0 and 1 are of the first direction, 2 of the second, 3 of the third; the rest are of none. */
const attributes = new Float64Array(10 * SIZE);
for (const [item, d] of [
  [0, 0],
  [1, 0],
  [2, 1],
  [3, 2],
] as const)
  attributes[item * SIZE + d] = 1;

/** Of the second direction least is known. */
const space: PreferenceSpace = {
  directions: ["first", "second", "third"].map(direction),
  items: 10,
  attributes,
  reference: exposureReference(
    attributes,
    Array.from({ length: 10 }, () => 3),
  ),
  prior: {
    mean: new Float64Array(SIZE),
    covariance: Float64Array.of(2, 0, 0, 0, 9, 0, 0, 0, 1),
    freedom: null,
  },
  likeWeight: 2,
  dislikeWeight: 1,
};
const nobody = inferPersona(space, { liked: [], disliked: [] });
const items = (...ids: number[]) => ids.map(itemId);

test("the film of the direction that is least known is asked about first, then those of others", () => {
  const asked = filmsToAsk(space, nobody.posterior, { pool: items(5, 3, 0, 2), kept: [], most: 3 });
  expect(asked).toEqual([2, 0, 3]);
});

test("what one answer would tell is not asked again", () => {
  const asked = filmsToAsk(space, nobody.posterior, { pool: items(0, 1, 3), kept: [], most: 2 });
  expect(asked).toEqual([0, 3]);
});

test("films that are asked about stay where they are, and count as asked", () => {
  const asked = filmsToAsk(space, nobody.posterior, { pool: items(0, 2, 3), kept: items(1), most: 3 });
  expect(asked).toEqual([1, 2, 3]);
});

test("there are never more than wanted, nor twice the same, nor any beyond the pool", () => {
  expect(filmsToAsk(space, nobody.posterior, { pool: items(0, 2), kept: items(3, 1), most: 1 })).toEqual([3]);
  expect(filmsToAsk(space, nobody.posterior, { pool: items(0, 2), kept: [], most: 8 })).toEqual([2, 0]);
});
