/** @file What a prompt says of a taste, before the history, as a person can read it. */
import { TEMPLATE } from "./build-prompt.ts";

/** Stands for a film's behaviour slot, which is no text. */
export const BEHAVIOUR_MARK = "◆";

/** Phrases of directions, and prompt titles of films, each list in the order in which it stands. */
export interface ToldWords {
  readonly likes: readonly string[];
  readonly dislikes: readonly string[];
  readonly liked: readonly string[];
  readonly disliked: readonly string[];
}

/**
 * The lines that the prompt builder puts before the opening, with {@link BEHAVIOUR_MARK} for every behaviour slot; "" where there is nothing to say.
 * Titles are whole here; the builder cuts them at the pack's number of tokens.
 */
export function toldText({ likes, dislikes, liked, disliked }: ToldWords): string {
  const directions = (heading: string, phrases: readonly string[]) =>
    phrases.length === 0
      ? ""
      : `${heading} ${phrases.join(`${TEMPLATE.directionEnd} `)}${TEMPLATE.lastDirectionEnd}`;
  const films = (heading: string, titles: readonly string[]) =>
    titles.length === 0
      ? ""
      : `${heading}${titles.map((title) => ` ${title}${BEHAVIOUR_MARK}${TEMPLATE.itemEnd}`).join("")}${TEMPLATE.examplesEnd}`;
  return [
    directions(TEMPLATE.likes, likes),
    directions(TEMPLATE.dislikes, dislikes),
    films(TEMPLATE.liked, liked),
    films(TEMPLATE.disliked, disliked),
  ].join("");
}
