import { describe, expect, test } from "vitest";
import { FailureError } from "../core/failure.ts";
import { tokenId } from "../core/ids.ts";
import type { SlateQuery } from "../scores/score-fn.ts";
import type { TokenScoreFn } from "../scores/token-scores.ts";
import { tokenStrips } from "./token-strip.ts";
import { sceneOf } from "./toy-fixture.ts";

/** A title of two tokens, c and c + 1; the second is likelier by half a nat for every item in the prompt. */
function toyTokens(asked: SlateQuery[] = []): TokenScoreFn {
  return async (queries) =>
    queries.map((query) => {
      asked.push(query);
      return query.candidates.map((candidate) => [
        { token: tokenId(candidate), logProbNats: -2 },
        { token: tokenId(candidate + 1), logProbNats: -4 + 0.5 * (query.promptItems ?? Number.NaN) },
      ]);
    });
}
const decode = (tokens: readonly number[]) => `<${tokens.join()}>`;
const scene = sceneOf([9, 8, 4, 1, 5], [30, 40], { promptItems: 3 });

test("each token shows what it gains by the history", async () => {
  const strips = await tokenStrips(scene, "total", { tokenScore: toyTokens(), decode });
  expect(strips).toEqual(
    [30, 40].map((item) => ({
      item,
      tokens: [
        { token: item, text: `<${item}>`, logWith: -2, logWithout: -2, deltaNats: 0, deltaProbability: 0 },
        {
          token: item + 1,
          text: `<${item + 1}>`,
          logWith: -2.5,
          logWithout: -4,
          deltaNats: 1.5,
          deltaProbability: Math.exp(-2.5) - Math.exp(-4),
        },
      ],
      deltaNats: 1.5,
    })),
  );
});

describe("without history", () => {
  test.for(["total", "prompt-only"] as const)(
    "older context is left, and the gate asked for (%s)",
    async (question) => {
      const asked: SlateQuery[] = [];
      await tokenStrips(scene, question, { tokenScore: toyTokens(asked), decode });
      expect(asked).toEqual([
        { history: scene.history, candidates: scene.candidates, promptItems: 3 },
        {
          history: scene.history.slice(0, 2),
          candidates: scene.candidates,
          promptItems: 0,
          ...(question === "prompt-only" ? { gateHistory: scene.history } : {}),
        },
      ]);
    },
  );
});

test("cancelled before it begins, it asks nothing; cancelled while it waits, it answers nothing", async () => {
  const asked: SlateQuery[] = [];
  const control = new AbortController();
  const cancelled = new FailureError({ kind: "cancelled" });
  const deaf: TokenScoreFn = (queries) => {
    control.abort();
    return toyTokens(asked)(queries);
  };
  const parts = { tokenScore: deaf, decode };
  await expect(tokenStrips(scene, "total", parts, control.signal)).rejects.toEqual(cancelled);
  await expect(tokenStrips(scene, "total", parts, control.signal)).rejects.toEqual(cancelled);
  expect(asked).toHaveLength(2);
});
