/** @file A taste read anew whenever ratings or decisions change. */
import { toFailure } from "../core/failure.ts";
import type { ItemId } from "../core/ids.ts";
import { opinionsOf } from "../persona/opinions.ts";
import { makeLatestOnly } from "./latest-only.ts";
import type { TasteContext } from "./taste-context.ts";
import { movedBetween } from "./taste-moved.ts";
import type { ReadTaste } from "./taste-state.ts";

export interface TasteReader {
  /** Reads unless this was asked last, or something is missing. */
  ifChanged(): Promise<void>;
  /** Asks the same once more. */
  again(): Promise<void>;
}

/** The newest request wins; `afterwards` runs after each reading that is shown. */
export function makeTasteReader(
  { call, app, get, set }: TasteContext,
  afterwards: () => Promise<void>,
): TasteReader {
  const turns = makeLatestOnly();
  let asked: string | null = null;

  const read = async (force: boolean): Promise<void> => {
    const { space, overrides, reading } = get();
    const { catalogue, history } = app.state.getState();
    if (space.phase !== "ready" || catalogue.phase !== "ready" || history.phase === "loading") return;
    const { index } = catalogue;
    const itemOf = (movieId: number) => index.byMovieId.get(movieId)?.id;
    const opinions = opinionsOf(history.events, itemOf);
    const itemsWith = (isRated: boolean) =>
      history.events
        .filter(({ rating }) => (rating !== null) === isRated)
        .flatMap(({ movieId }) => itemOf(movieId) ?? []);
    const args = { opinions, decisions: [...overrides], rated: itemsWith(true), unrated: itemsWith(false) };
    const question = JSON.stringify(args);
    if (question === asked && !force) return;
    asked = question;
    const { signal, isNewest } = turns.begin();
    set({ busy: true, films: index });
    try {
      const reply = await call("read", { ...args, kept: reading?.asks ?? [] }, { signal });
      if (!isNewest()) return;
      const before = get().reading;
      const { directions } = space.space;
      const next: ReadTaste = {
        opinions,
        overrides,
        stances: reply.stances.flatMap((stance, d) => {
          const direction = directions[d];
          return direction === undefined
            ? []
            : [{ ...stance, direction, override: overrides.get(direction.id) ?? null }];
        }),
        asks: inTheirPlaces(before?.asks ?? [], reply.asks),
        next: reply.next,
      };
      const moved = before === null ? null : movedBetween(before, next);
      set({ reading: next, busy: false, unread: null });
      // What the model was told is not what it would be told now.
      if (moved !== null) set({ moved, told: { phase: "none" } });
    } catch (thrown) {
      if (isNewest()) set({ busy: false, unread: toFailure(thrown) });
      return;
    }
    await afterwards();
  };
  return { ifChanged: () => read(false), again: () => read(true) };
}

/** `after` with every film that was there before at its old place: what a person is about to click stays under the finger. */
export function inTheirPlaces(before: readonly ItemId[], after: readonly ItemId[]): readonly ItemId[] {
  const fresh = after.filter((item) => !before.includes(item));
  const kept = before.flatMap((item) => (after.includes(item) ? item : (fresh.shift() ?? [])));
  return [...kept, ...fresh];
}
