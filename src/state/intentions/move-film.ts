import type { Context } from "../context.ts";
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
      (events) => {
        const moved = events.filter((event) => event.key === key);
        return events
          .filter((event) => event.key !== key)
          .toSpliced(toIndex, 0, ...moved)
          .map((event, order) => ({ ...event, order }));
      },
    );
}
