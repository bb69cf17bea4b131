import { expect, test } from "vitest";
import { itemId } from "../core/ids.ts";
import { readCases } from "./cases.ts";

const FILMS = ["Heat (1995)", "Alien (1979)", "Fargo (1996)"];
const read = (text: string | Uint8Array, explained = 10) =>
  readCases(typeof text === "string" ? new TextEncoder().encode(text) : text, {
    file: "cases.jsonl",
    items: 50,
    explained,
    find: (name) => (FILMS.includes(name) ? itemId(FILMS.indexOf(name)) : null),
  });
const lines = (...cases: readonly unknown[]) => cases.map((each) => JSON.stringify(each)).join("\n");
const good = { id: 1, history: [3, 4, 5], target: 9 };

test("films are named or numbered, and what else a line holds is left alone", () => {
  const text = lines(
    { ...good, user: 7, beside: true },
    {
      id: "b",
      history: ["Heat (1995)", 7],
      target: "Fargo (1996)",
      candidates: [8, 2],
      cause: 7,
      distractor: 0,
    },
  );
  expect(read(`${text}\r\n\n`)).toEqual([
    {
      id: "1",
      user: "user 7",
      history: [3, 4, 5],
      target: 9,
      candidates: null,
      cause: null,
      distractor: null,
    },
    { id: "b", user: "case b", history: [0, 7], target: 2, candidates: [8, 2], cause: 1, distractor: 0 },
  ]);
});

test("a case without a user is a user of its own, whatever users are called", () => {
  const users = read(lines(good, { ...good, id: 2, user: 1 }, { ...good, id: 3, user: "1" })).map(
    ({ user }) => user,
  );
  expect(users).toEqual(["case 1", "user 1", "user 1"]);
});

test.for<[string, unknown, RegExp]>([
  ["a user who is neither a name nor a number", { ...good, id: 2, user: null }, /line 2: user: /],
  ["no object", 7, /line 2: the line: /],
  ["no history", { ...good, id: 2, history: [] }, /line 2: history: /],
  ["no target", { id: 2, history: [1] }, /line 2: target: /],
  ["half a film", { ...good, id: 2, target: 1.5 }, /line 2: target: Invalid integer: Received 1.5/],
  ["an unknown name", { ...good, id: 2, history: ["Haet"] }, /line 2: "Haet" is no film of the pack/],
  ["a number beyond the catalogue", { ...good, id: 2, target: 50 }, /line 2: number 50 is no film/],
  ["a target that was watched", { ...good, id: 2, target: 4 }, /line 2: the target is in the history/],
  ["a slate without it", { ...good, id: 2, candidates: [1] }, /line 2: the target is not among the cand/],
  ["a cause from elsewhere", { ...good, id: 2, cause: 8 }, /line 2: the cause is not among the last 10/],
  ["an id that was there", good, /line 2: the id "1" is that of line 1/],
])("a line with %s is named with its reason", ([, bad, reason]) => {
  expect(() => read(lines(good, bad))).toThrow(reason);
});

test("a cause must be among the explained films", () => {
  expect(read(lines({ ...good, cause: 3 }))[0]!.cause).toBe(0);
  expect(() => read(lines({ ...good, cause: 3 }), 2)).toThrow(/the cause is not among the last 2 films/);
});

test("all bad lines are reported together: ten of them, and how many more", () => {
  const bad = Array.from({ length: 13 }, (_, i) => ({ id: i, history: [], target: 1 }));
  expect(() => read(`${lines(good)}\n{"id"\n${lines(...bad)}`)).toThrow(
    /line 2: it is not JSON; line 3: history.*line 11: history[^;]*; and 4 more/,
  );
});

test("a file without a case, and one that is no text, are refused", () => {
  expect(() => read("\n\n")).toThrow(/it has no case/);
  expect(() => read(Uint8Array.of(0xff, 0xfe))).toThrow(/it is not UTF-8 text/);
});
