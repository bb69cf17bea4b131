import type { Context } from "../context.ts";
import { editHistory } from "./edit-history.ts";

/** Puts a film at the end of the history, watched and not rated. One that is there already stays as it is. */
export function makeAddFilm(context: Context, change: () => Promise<void>) {
  return (movieId: number): Promise<void> =>
    editHistory(context, change, async (store) => {
      const events = await store.load();
      if (events.some((event) => event.movieId === movieId)) return null;
      await store.add(movieId, null);
      return null;
    });
}
