import type { Context } from "../context.ts";
import { editHistory } from "./edit-history.ts";

/** Takes an entry out; the next undo puts it back where it was, with its rating. */
export function makeRemoveFilm(context: Context, change: () => Promise<void>) {
  return (key: string): Promise<void> =>
    editHistory(context, change, async (store) => {
      const events = await store.load();
      const index = events.findIndex((event) => event.key === key);
      const event = events[index];
      await store.remove(key);
      if (event === undefined) return null;
      return { kind: "removed", item: { movieId: event.movieId, rating: event.rating }, index };
    });
}
