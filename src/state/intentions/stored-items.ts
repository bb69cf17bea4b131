import type { HistoryItem, HistoryStore } from "../../history/history-store.ts";

/** What the history holds, as an undo of its replacement keeps it. Rejects as `store.load`. */
export async function storedItems(store: HistoryStore): Promise<readonly HistoryItem[]> {
  const events = await store.load();
  return events.map(({ movieId, rating }) => ({ movieId, rating }));
}
