import { withMove } from "../../history/history-edits.ts";
import type { Context } from "../context.ts";
import { ofEntry } from "../pending-edits.ts";
import { editHistory } from "./edit-history.ts";

/** Moves an entry to another place; 0 is the oldest. */
export function makeMoveFilm(context: Context, change: () => Promise<void>) {
  return (key: string, toIndex: number): Promise<void> =>
    editHistory(
      context,
      change,
      async (store) => {
        await store.move(key, toIndex);
        return null;
      },
      ofEntry(key, (events) => withMove(events, key, toIndex)),
    );
}
