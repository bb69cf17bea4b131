import { toFailure } from "../../core/failure.ts";
import type { HistoryStore } from "../../history/history-store.ts";
import type { Context } from "../context.ts";
import type { Undo } from "../history-state.ts";

/**
 * One change of the history: asked of the store, then read back, so that the page shows what is stored. Changes run one after the
 * other. A refused change leaves the list as it was and is told to the person.
 */
export function editHistory(
  context: Context,
  afterwards: () => Promise<void>,
  edit: (store: HistoryStore) => Promise<Undo | null>,
): Promise<void> {
  const { history, historyEdits, tell } = context;
  return historyEdits(async () => {
    try {
      const undo = await edit(history);
      tell.history({ type: "changed", events: await history.load(), undo });
    } catch (thrown) {
      tell.history({ type: "refused", failure: toFailure(thrown) });
    }
  }).then(afterwards);
}
