import { expect, test } from "vitest";
import { itemId } from "../core/ids.ts";
import { opinionsOf } from "./opinions.ts";

const rated = (ratings: readonly (number | null)[]) =>
  ratings.map((rating, order) => ({ key: `${order}`, movieId: 100 + order, rating, addedAt: 0, order }));
const itemOf = (movieId: number) => itemId(movieId - 100);

test("four stars and more like, two and fewer dislike, everything between and the merely watched says nothing", () => {
  expect(opinionsOf(rated([5, 4, 3.5, 3, 2.5, 2, 0.5, null]), itemOf)).toEqual({
    liked: [0, 1],
    disliked: [5, 6],
  });
});

test("films stand oldest first, and those that the pack does not know are left out", () => {
  const events = rated([4, 4.5, 5, 1]);
  const known = (movieId: number) => (movieId === 101 ? undefined : itemOf(movieId));
  expect(opinionsOf(events.toReversed(), known)).toEqual({ liked: [0, 2], disliked: [3] });
});
