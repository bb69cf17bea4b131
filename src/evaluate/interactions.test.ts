import { expect, test } from "vitest";
import { countKept, lastWindows, orderUsers, splitOf, windowsOf } from "./interactions.ts";

/** user, item, rating, time. */
type Row = readonly [string, number, number, number];
function ratingsOf(rows: readonly Row[]) {
  const userIds = [...new Set(rows.map(([user]) => user))];
  return {
    userIds,
    user: rows.map(([user]) => userIds.indexOf(user)),
    item: rows.map(([, item]) => item),
    rating: rows.map(([, , rating]) => rating),
    time: rows.map(([, , , time]) => time),
  };
}

test("films are in order of time, those of one second in order of the file; 3 and up are kept", () => {
  const [user] = orderUsers(
    ratingsOf([
      ["a", 7, 3, 20],
      ["a", 8, 2.5, 10],
      ["a", 9, 5, 20],
      ["a", 6, 4, 10],
    ]),
  );
  expect(user).toEqual({ id: "a", items: [8, 6, 7, 9], kept: [1, 2, 3] });
});

test("users are in order of their first kept rating, then of their number; who kept nothing is left out", () => {
  const users = orderUsers(
    ratingsOf([
      ["10", 1, 5, 30],
      ["9", 1, 5, 30],
      ["8", 1, 1, 1],
      ["8", 2, 5, 31],
      ["7", 2, 1, 0],
    ]),
  );
  expect(users.map(({ id }) => id)).toEqual(["9", "10", "8"]);
});

test("ids that are no numbers are ordered as texts", () => {
  const users = orderUsers(
    ratingsOf([
      ["u9", 1, 5, 1],
      ["u10", 1, 5, 1],
    ]),
  );
  expect(users.map(({ id }) => id)).toEqual(["u10", "u9"]);
});

test.for([
  [671, 537, 67, 67],
  [943, 754, 95, 94],
  // Python rounds 2.5 to 2 and 4.5 to 4.
  [5, 4, 0, 1],
  [10, 8, 1, 1],
  [15, 12, 2, 1],
] as const)("%i users are split as Python does", ([users, train, validation, test]) => {
  expect(splitOf(users)).toEqual({ train, validation, test });
});

test("a window has three kept films before its target, and knows every film rated before it", () => {
  const users = [
    { id: "a", items: [1, 2, 3, 4, 5, 6], kept: [0, 2, 3, 5] },
    { id: "b", items: [1, 2, 3], kept: [0, 1, 2] },
    { id: "c", items: [1, 2, 3, 4, 5], kept: [0, 1, 2, 3, 4] },
  ];
  expect([...windowsOf(users)]).toEqual([
    { number: 0, user: "a", history: [1, 3, 4], target: 6, seen: [1, 2, 3, 4, 5] },
    { number: 1, user: "c", history: [1, 2, 3], target: 4, seen: [1, 2, 3] },
    { number: 2, user: "c", history: [1, 2, 3, 4], target: 5, seen: [1, 2, 3, 4] },
  ]);
  expect(lastWindows(windowsOf(users)).map(({ number }) => number)).toEqual([0, 2]);
  expect(countKept(users, 7)).toEqual([0, 3, 2, 3, 2, 1, 1]);
});
