import { expect, test } from "vitest";
import { itemId } from "../core/ids.ts";
import { type Film, filmName } from "../model/film.ts";
import { embeddedBase } from "../model/fixtures/embedded-base.ts";
import { readTokenizer } from "../model/tokenizer.ts";
import { makePromptBuilder } from "./build-prompt.ts";
import { BEHAVIOUR_MARK, toldText } from "./told-text.ts";

const tokenizer = readTokenizer(embeddedBase());
const films: readonly Film[] = ["Alien", "The Thing", "Pretty Woman"].map((title, id) => ({
  id: itemId(id),
  movieId: id,
  title,
  year: 1980 + id,
  genres: [],
  popularity: 0,
}));
const builder = makePromptBuilder(tokenizer, films, {
  template: "watch-next-v1",
  year: "always",
  historyItems: 10,
  maxTitleTokens: 18,
});
const names = films.map(filmName);

/** What the prompt builder puts before the opening, read back from its tokens. */
function built(likes: string[], dislikes: string[], liked: number[], disliked: number[]): string {
  const { prefix } = builder.build({
    persona: { likes, dislikes },
    examples: { liked: liked.map(itemId), disliked: disliked.map(itemId) },
    history: [],
    candidates: [],
  });
  const text = prefix
    .map((slot) => (slot.kind === "text" ? tokenizer.decode([slot.token]) : BEHAVIOUR_MARK))
    .join("");
  return text.slice(0, text.indexOf("This user has watched:"));
}

test.for([
  [["horror", "1970s"], ["romance"], [], []],
  [["horror"], [], [0, 1], [2]],
  [[], ["children's films"], [], [2]],
  [[], [], [0], []],
  [[], [], [], []],
] as const)("says %j, %j, %j, %j as the prompt does", ([likes, dislikes, liked, disliked]) => {
  const titles = (items: readonly number[]) => items.map((item) => names[item]!);
  const text = toldText({ likes, dislikes, liked: titles(liked), disliked: titles(disliked) });
  expect(text).toBe(built([...likes], [...dislikes], [...liked], [...disliked]));
});

test("with nothing to say there is no text", () => {
  expect(toldText({ likes: [], dislikes: [], liked: [], disliked: [] })).toBe("");
});
