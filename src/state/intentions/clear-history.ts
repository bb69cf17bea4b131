import type { Context } from "../context.ts";
import { editHistory } from "./edit-history.ts";

/** Empties the history; the next undo brings it back. */
export function makeClearHistory(context: Context, change: () => Promise<void>) {
  return (): Promise<void> =>
    editHistory(context, change, async (store) => {
      const items = context.get().history.events.map(({ movieId, rating }) => ({ movieId, rating }));
      await store.replaceAll([]);
      return { kind: "replaced", items };
    });
}
