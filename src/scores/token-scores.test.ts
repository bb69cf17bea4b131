import { expect, test } from "vitest";
import { FailureError } from "../core/failure.ts";
import { itemId, tokenId } from "../core/ids.ts";
import type { EnginePrompt } from "../engine/engine.ts";
import type { Film } from "../model/film.ts";
import type { Tokenizer } from "../model/tokenizer.ts";
import { makePromptBuilder } from "../prompt/build-prompt.ts";
import { NO_BEHAVIOUR } from "../prompt/packed-prompt.ts";
import { makeTokenScoreFn } from "./token-scores.ts";

/** One token per character. */
const tokenizer: Tokenizer = {
  size: 128,
  encode: (text) => [...text].map((char) => tokenId(char.charCodeAt(0))),
  single: (text) => tokenId(text.charCodeAt(0)),
  decode: (tokens) => String.fromCharCode(...tokens),
};
const films: readonly Film[] = ["Ran", "M", "Alien"].map((title, id) => ({
  id: itemId(id),
  movieId: id,
  title,
  year: null,
  genres: [],
  popularity: 0,
}));
const behaviour = {
  items: films.length,
  experts: 1,
  state: () => Float32Array.of(0),
  gate: () => [1],
  itemScore: () => 0,
};
const prompts = makePromptBuilder(tokenizer, films, {
  template: "watch-next-v1",
  year: "when-ambiguous",
  historyItems: 2,
  maxTitleTokens: 4,
});

/** log p of a text token of a branch: minus its code less its place in the prompt's thousands; NaN where nothing is predicted. */
const engine = {
  async tokenLogProbs(asked: readonly EnginePrompt[]) {
    return asked.map(({ packed }, p) =>
      Float32Array.from(packed.tokens, (token, at) =>
        packed.branch[at] === 0 || packed.behaviour[at] !== NO_BEHAVIOUR ? Number.NaN : -token - 1000 * p,
      ),
    );
  },
};
const score = makeTokenScoreFn({ engine, behaviour, prompts });

test("every candidate has its title's tokens, cut as in the prompt, and nothing else", async () => {
  const answers = await score([
    { history: [itemId(0)], candidates: [itemId(1), itemId(2)] },
    { history: [], candidates: [itemId(0)] },
  ]);
  const text = answers.map((titles) =>
    titles.map((tokens) => tokenizer.decode(tokens.map(({ token }) => token))),
  );
  expect(text).toEqual([[" M", " Ali"], [" Ran"]]);
  for (const [p, titles] of answers.entries())
    for (const { token, logProbNats } of titles.flat()) expect(logProbNats).toBe(-token - 1000 * p);
});

test("a query that the pack cannot answer is refused", async () => {
  await expect(score([{ history: [], candidates: [itemId(3)] }])).rejects.toThrow(FailureError);
});
