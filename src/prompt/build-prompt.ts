/** @file Template `watch-next-v1` (docs/formats.md, section 2): a history and candidates become slots. */
import { eventIndex, type ItemId, type TokenId } from "../core/ids.ts";
import { present } from "../core/invariant.ts";
import { type Film, filmName } from "../model/film.ts";
import type { PromptSettings } from "../model/pack-manifest.ts";
import { sha256 } from "../model/sha256.ts";
import type { Tokenizer } from "../model/tokenizer.ts";
import type { Branch, Prompt, Slot } from "./slot.ts";

/** Stands for a title whose text channel is off. */
export const NEUTRAL_TITLE = "a movie";

export const TEMPLATE = {
  likes: "Likes:",
  dislikes: "Dislikes:",
  directionEnd: ",",
  lastDirectionEnd: ".\n",
  liked: "Liked:",
  disliked: "Disliked:",
  examplesEnd: "\n",
  opening: "This user has watched:",
  itemEnd: ";",
  question: "\nWill the user watch next:",
  candidateEnd: "?",
  neutralTitle: ` ${NEUTRAL_TITLE}`,
};

/** Phrases of the directions a persona speaks of, in the order in which they stand (bridged conditioning, PBA). */
export interface PersonaPlace {
  readonly likes: readonly string[];
  readonly dislikes: readonly string[];
}

/** Films shown as examples of taste, each list in the order of its ratings (in-context conditioning, ICA). */
export interface TasteExamples {
  readonly liked: readonly ItemId[];
  readonly disliked: readonly ItemId[];
}

export interface PromptRequest {
  /** Stands before the opening. With nothing to say the prompt is, token for token, one without it. */
  readonly persona?: PersonaPlace | undefined;
  /** Stands behind the persona. None may be among the history's shown items. */
  readonly examples?: TasteExamples | undefined;
  /** Kept items, oldest first. Slots remember their position in it. */
  readonly history: readonly ItemId[];
  readonly candidates: readonly ItemId[];
  /** How many of the last items stand in the prompt. Default: the pack's own number, which is also the most. */
  readonly items?: number;
  /** False puts the null vector into every behaviour slot. Default true. */
  readonly behaviour?: boolean;
  /** Places in `history` whose title is the neutral one. A candidate keeps its title, though it be the same film. */
  readonly mutedText?: readonly number[];
  /** Places in `history` whose slot carries the null vector. */
  readonly mutedBehaviour?: readonly number[];
}

export interface PromptBuilder {
  /** How many of the last history items stand in a prompt unless fewer are asked for. */
  readonly historyItems: number;
  build(request: PromptRequest): Prompt;
  /** `" " + promptTitle`, cut at the pack's limit. */
  titleTokens(item: ItemId): readonly TokenId[];
}

/** Items must be rows of `films`; anything else is a bug of the caller. */
export function makePromptBuilder(
  tokenizer: Tokenizer,
  films: readonly Film[],
  settings: PromptSettings,
): PromptBuilder {
  const titles = promptTitles(films, settings.year);
  const cut = new Map<ItemId, readonly TokenId[]>();
  const titleTokens = (item: ItemId): readonly TokenId[] => {
    const known = cut.get(item);
    if (known !== undefined) return known;
    const title = present(titles[item], `film ${item}`);
    const tokens = tokenizer.encode(` ${title}`).slice(0, settings.maxTitleTokens);
    cut.set(item, tokens);
    return tokens;
  };
  // Each piece is tokenised by itself, so that a title merges with nothing around it.
  const opening = tokenizer.encode(TEMPLATE.opening);
  const question = tokenizer.encode(TEMPLATE.question);
  const itemEnd = tokenizer.encode(TEMPLATE.itemEnd);
  const candidateEnd = tokenizer.encode(TEMPLATE.candidateEnd);
  const neutralTitle = tokenizer.encode(TEMPLATE.neutralTitle);
  const examplesEnd = tokenizer.encode(TEMPLATE.examplesEnd);

  const itemSlots = (
    title: readonly TokenId[],
    behaviour: ItemId | null,
    end: readonly TokenId[],
    source: Slot["source"],
  ): Slot[] => [
    ...textSlots(title, source),
    { kind: "behaviour", item: behaviour, source },
    ...textSlots(end, source),
  ];

  const directionLine = (heading: string, phrases: readonly string[]): Slot[] => {
    if (phrases.length === 0) return [];
    const pieces = phrases.flatMap((phrase, i) => [
      ` ${phrase}`,
      i === phrases.length - 1 ? TEMPLATE.lastDirectionEnd : TEMPLATE.directionEnd,
    ]);
    return [heading, ...pieces].flatMap((piece) => textSlots(tokenizer.encode(piece), null));
  };
  const exampleLine = (heading: string, items: readonly ItemId[], behaviour: boolean): Slot[] =>
    items.length === 0
      ? []
      : [
          ...textSlots(tokenizer.encode(heading), null),
          ...items.flatMap((item) => itemSlots(titleTokens(item), behaviour ? item : null, itemEnd, null)),
          ...textSlots(examplesEnd, null),
        ];

  return {
    historyItems: settings.historyItems,
    titleTokens,
    build({
      persona = { likes: [], dislikes: [] },
      examples = { liked: [], disliked: [] },
      history,
      candidates,
      items = settings.historyItems,
      behaviour = true,
      mutedText = [],
      mutedBehaviour = [],
    }) {
      const first = Math.max(0, history.length - Math.min(items, settings.historyItems));
      const historySlots = (item: ItemId, place: number): Slot[] => {
        const title = mutedText.includes(place) ? neutralTitle : titleTokens(item);
        const slotItem = behaviour && !mutedBehaviour.includes(place) ? item : null;
        return itemSlots(title, slotItem, itemEnd, eventIndex(place));
      };
      return {
        prefix: [
          ...directionLine(TEMPLATE.likes, persona.likes),
          ...directionLine(TEMPLATE.dislikes, persona.dislikes),
          ...exampleLine(TEMPLATE.liked, examples.liked, behaviour),
          ...exampleLine(TEMPLATE.disliked, examples.disliked, behaviour),
          ...textSlots(opening, null),
          ...history.slice(first).flatMap((item, i) => historySlots(item, first + i)),
          ...textSlots(question, null),
        ],
        branches: candidates.map(
          (item): Branch => ({
            item,
            slots: itemSlots(titleTokens(item), behaviour ? item : null, candidateEnd, null),
          }),
        ),
      };
    },
  };
}

function textSlots(tokens: readonly TokenId[], source: Slot["source"]): Slot[] {
  return tokens.map((token) => ({ kind: "text", token, source }));
}

/** The text that stands for each film, in row order. A title is "the same" after lower-casing. */
export function promptTitles(films: readonly Film[], year: PromptSettings["year"]): string[] {
  const sharing = new Map<string, number>();
  for (const { title } of films)
    sharing.set(title.toLowerCase(), (sharing.get(title.toLowerCase()) ?? 0) + 1);
  return films.map((film) =>
    year === "always" || (sharing.get(film.title.toLowerCase()) ?? 0) > 1 ? filmName(film) : film.title,
  );
}

/**
 * sha256 of the little-endian int32 sequence `[count, ids...]`, film by film: equal to the pack's `titleTokensSha256` exactly if this
 * tokenizer and the one of the training agree on every title.
 */
export async function titleTokensSha256(builder: PromptBuilder, films: readonly Film[]): Promise<string> {
  const numbers = films.flatMap(({ id }) => {
    const tokens = builder.titleTokens(id);
    return [tokens.length, ...tokens];
  });
  const view = new DataView(new ArrayBuffer(numbers.length * 4));
  for (const [i, value] of numbers.entries()) view.setInt32(i * 4, value, true);
  return sha256(new Uint8Array(view.buffer));
}
