import { withRating } from "../../history/history-edits.ts";
import type { Context } from "../context.ts";
import { ofEntry } from "../pending-edits.ts";
import { editHistory } from "./edit-history.ts";

/** Rates an entry, 0.5 to 5 in half stars; null takes the rating back. */
export function makeRateFilm(context: Context, change: () => Promise<void>) {
  return (key: string, rating: number | null): Promise<void> =>
    editHistory(
      context,
      change,
      async (store) => {
        await store.rate(key, rating);
        return context.get().history.undo;
      },
      ofEntry(key, (events) => withRating(events, key, rating)),
    );
}
