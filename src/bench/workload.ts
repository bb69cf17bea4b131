/** @file What every runtime is asked: the same tokens, the same slate, made of the pack's own films. */
import type { ItemId, TokenId } from "../core/ids.ts";
import { present } from "../core/invariant.ts";
import type { PackFiles } from "../model/load-parts.ts";
import type { Tokenizer } from "../model/tokenizer.ts";
import { makePromptBuilder } from "../prompt/build-prompt.ts";
import type { Slot } from "../prompt/slot.ts";

export const SLATE_CANDIDATES = 20;
export const HEATMAP_CANDIDATES = 10;
const HISTORY_ITEMS = 10;
const LISTED_TITLES = 17;

export interface Workload {
  /** `promptTokens` tokens of running text. */
  readonly prefill: readonly TokenId[];
  /** Ten films, oldest first. */
  readonly history: readonly ItemId[];
  readonly candidates: readonly ItemId[];
}

/**
 * The most popular films are the history, the next the candidates. The text lists some of them over and over, cut where it is enough:
 * what comes next is then likely and not certain, so that another answer shows.
 */
export function makeWorkload(
  films: PackFiles["films"],
  tokenizer: Tokenizer,
  promptTokens: number,
): Workload {
  const popular = [...films].sort((a, b) => b.popularity - a.popularity || a.id - b.id);
  const titles = popular.slice(0, LISTED_TITLES).map(({ title }) => title);
  let prefill: TokenId[] = [];
  for (let times = 1; prefill.length < promptTokens; times *= 2) {
    const list = Array.from({ length: times }, () => titles).flat();
    prefill = tokenizer.encode(`These films were seen by many: ${list.join(", ")}`);
  }
  const ids = popular.slice(0, HISTORY_ITEMS + SLATE_CANDIDATES).map(({ id }) => id);
  return {
    prefill: prefill.slice(0, promptTokens),
    history: ids.slice(0, HISTORY_ITEMS),
    candidates: ids.slice(HISTORY_ITEMS),
  };
}

/**
 * The same slate for a runtime that takes tokens alone: the prefix and its continuations, a behaviour slot replaced by a comma, so
 * that both sides compute as many positions.
 */
export function slateAsTokens(
  { history, candidates }: Workload,
  { films, manifest }: Pick<PackFiles, "films" | "manifest">,
  tokenizer: Tokenizer,
): { readonly prefix: readonly TokenId[]; readonly continuations: readonly (readonly TokenId[])[] } {
  const { prefix, branches } = makePromptBuilder(tokenizer, films, manifest.prompt).build({
    history,
    candidates,
  });
  const comma = present(tokenizer.encode(",")[0], "the comma's token");
  const tokens = (slots: readonly Slot[]) => slots.map((slot) => (slot.kind === "text" ? slot.token : comma));
  return { prefix: tokens(prefix), continuations: branches.map(({ slots }) => tokens(slots)) };
}
