import type { Context } from "../context.ts";
import { editHistory } from "./edit-history.ts";
import { storedItems } from "./stored-items.ts";

/** Replaces the history by an exported file's; an invalid file changes nothing. */
export function makeImportHistory(context: Context, change: () => Promise<void>) {
  return (text: string): Promise<void> =>
    editHistory(context, change, async (store) => {
      const items = await storedItems(store);
      await store.importJson(text);
      return items.length === 0 ? null : { kind: "replaced", items };
    });
}
