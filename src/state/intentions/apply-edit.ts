import type { ItemId } from "../../core/ids.ts";
import type { Context } from "../context.ts";
import { editHistory } from "./edit-history.ts";
import { storedItems } from "./stored-items.ts";

/** Takes films out of the history and puts others at its end, in one step; the next undo takes it all back. */
export function makeApplyEdit(context: Context, change: () => Promise<void>) {
  return ({
    removed,
    added,
  }: {
    readonly removed: readonly ItemId[];
    readonly added: readonly ItemId[];
  }): Promise<void> => {
    const { catalogue } = context.get();
    if (catalogue.phase !== "ready") return Promise.resolve();
    const { byItem } = catalogue.index;
    const movieIds = (items: readonly ItemId[]) => items.flatMap((item) => byItem.get(item)?.movieId ?? []);
    const leaving = new Set([...movieIds(removed), ...movieIds(added)]);
    return editHistory(context, change, async (store) => {
      const items = await storedItems(store);
      await store.replaceAll([
        ...items.filter(({ movieId }) => !leaving.has(movieId)),
        ...movieIds(added).map((movieId) => ({ movieId, rating: null })),
      ]);
      return { kind: "replaced", items };
    });
  };
}
