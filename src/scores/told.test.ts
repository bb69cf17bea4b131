import { describe, expect, test } from "vitest";
import { itemId } from "../core/ids.ts";
import { checkTold, toldScore, untrainedPiece } from "./told.ts";

const persona = { persona: { likes: ["horror"], dislikes: [] } };
const examples = { examples: { liked: [itemId(3)], disliked: [] } };

describe("a pack is told only what it was trained to read", () => {
  test.for([
    [{}, [], null],
    [persona, [], "persona"],
    [persona, ["persona"], null],
    [examples, ["persona"], "examples"],
    [{ ...persona, ...examples }, ["examples"], "persona"],
  ] as const)("%j by a pack that reads %j", ([told, pieces, missing]) => {
    expect(untrainedPiece(told, [...pieces])).toBe(missing);
  });
  test("and says what is missing, and what to do", () => {
    expect(() => checkTold(persona, { name: "ml-100k", pieces: [] }, "; leave it out")).toThrow(
      /ml-100k was not trained to read a persona; leave it out/,
    );
  });
});

test("every query is told the same, and examples stand in place of the history", async () => {
  const asked: unknown[] = [];
  const score = toldScore(async (queries) => {
    asked.push(...queries);
    return [];
  }, examples);
  await score([{ history: [itemId(1)], candidates: [itemId(2)] }]);
  expect(asked).toEqual([{ history: [itemId(1)], candidates: [itemId(2)], ...examples, promptItems: 0 }]);
});
