import { expect, test } from "vitest";
import { itemId, tokenId } from "../../core/ids.ts";
import { packPrompt } from "../../prompt/packed-prompt.ts";
import type { Slot } from "../../prompt/slot.ts";
import { predictedTokens } from "./predicted-tokens.ts";

const text = (token: number): Slot => ({ kind: "text", token: tokenId(token), source: null });
const slot: Slot = { kind: "behaviour", item: itemId(3), source: null };
const pack = (prefix: Slot[], ...branches: Slot[][]) =>
  predictedTokens(packPrompt({ prefix, branches: branches.map((slots) => ({ item: itemId(0), slots })) }));

test("a token is predicted at what stands before it, a branch's first at the end of the prefix, a behaviour slot nowhere", () => {
  const { places, readRows, readAt } = pack(
    [text(1), slot, text(2)], // 0, 1, 2
    [text(3), text(4), slot, text(5)], // 3, 4, 5, 6
    [text(6), slot, slot, text(7)], // 7, 8, 9, 10
  );
  expect([...places]).toEqual([3, 4, 6, 7, 10]);
  expect(Array.from(readAt, (at) => readRows[at])).toEqual([2, 3, 5, 2, 9]);
  expect([...readRows]).toEqual([2, 3, 5, 9]);
});

test("a behaviour slot at the end of the prefix predicts too", () => {
  const { places, readRows } = pack([text(1), slot], [text(2)]);
  expect([[...places], [...readRows]]).toEqual([[2], [1]]);
});

test("without a prefix the first token of a branch has nothing before it", () => {
  const { places, readRows } = pack([], [text(1), text(2)], [text(3)]);
  expect([[...places], [...readRows]]).toEqual([[1], [0]]);
});

test("without branches nothing is predicted", () => {
  const { places, readRows, readAt } = pack([text(1), text(2)]);
  expect([places, readRows, readAt].map(({ length }) => length)).toEqual([0, 0, 0]);
});
