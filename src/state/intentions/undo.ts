import type { Context } from "../context.ts";
import { editHistory } from "./edit-history.ts";

/** Takes back the last removal, clearing or replacement. */
export function makeUndo(context: Context, change: () => Promise<void>) {
  return (): Promise<void> =>
    editHistory(context, change, async (store) => {
      const { undo } = context.get().history;
      if (undo === null) return null;
      if (undo.kind === "replaced") {
        await store.replaceAll(undo.items);
      } else {
        const { key } = await store.add(undo.item.movieId, undo.item.rating);
        await store.move(key, undo.index);
      }
      return null;
    });
}
