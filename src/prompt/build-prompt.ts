/** @file Template `watch-next-v1` (docs/formats.md, section 2): a history and candidates become slots. */
import { eventIndex, type ItemId, type TokenId } from "../core/ids.ts";
import { present } from "../core/invariant.ts";
import { type Film, filmName } from "../model/film.ts";
import type { PromptSettings } from "../model/pack-manifest.ts";
import { sha256 } from "../model/sha256.ts";
import type { Tokenizer } from "../model/tokenizer.ts";
import type { Branch, Prompt, Slot } from "./slot.ts";

const TEMPLATE = {
  opening: "This user has watched:",
  itemEnd: ";",
  question: "\nWill the user watch next:",
  candidateEnd: "?",
  /** Stands for a title whose text channel is off. */
  neutralTitle: " a movie",
};

export interface PromptRequest {
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

  return {
    historyItems: settings.historyItems,
    titleTokens,
    build({
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
