import type { Context } from "../context.ts";
import { editHistory } from "./edit-history.ts";
import { storedItems } from "./stored-items.ts";

/** Empties the history; the next undo brings it back. */
export function makeClearHistory(context: Context, change: () => Promise<void>) {
  return (): Promise<void> =>
    editHistory(context, change, async (store) => {
      const items = await storedItems(store);
      await store.replaceAll([]);
      return { kind: "replaced", items };
    });
}
