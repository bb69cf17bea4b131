import { toFailure } from "../../core/failure.ts";
import type { HistoryEvent, HistoryStore } from "../../history/history-store.ts";
import type { Context } from "../context.ts";
import type { Undo } from "../history-state.ts";
import type { OneAtATime } from "../one-at-a-time.ts";

/** Edits asked for and not yet through. */
const pending = new WeakMap<OneAtATime, number>();

/**
 * One change of the history: asked of the store, then read back, so that the page shows what is stored. Changes run one after the
 * other. A refused change leaves the list as it was and is told to the person.
 *
 * `foresee` is what the list will be: shown at once, since the next key may be pressed before the store has answered, and its step is
 * counted from what is on screen. The store is read back once nothing more is under way.
 */
export function editHistory(
  context: Context,
  afterwards: () => Promise<void>,
  edit: (store: HistoryStore) => Promise<Undo | null>,
  foresee?: (events: readonly HistoryEvent[]) => readonly HistoryEvent[],
): Promise<void> {
  const { history, historyEdits, tell, get } = context;
  const left = (change: number): number => {
    const count = (pending.get(historyEdits) ?? 0) + change;
    pending.set(historyEdits, count);
    return count;
  };
  left(1);
  if (foresee !== undefined) {
    const { events, undo } = get().history;
    tell.history({ type: "changed", events: foresee(events), undo });
  }
  return historyEdits(async () => {
    let isLast = false;
    try {
      const undo = await edit(history);
      isLast = left(-1) === 0;
      const events = isLast ? await history.load() : get().history.events;
      tell.history({ type: "changed", events, undo });
    } catch (thrown) {
      if (!isLast) left(-1);
      if (foresee !== undefined) {
        const events = await history.load().catch(() => null);
        if (events !== null) tell.history({ type: "changed", events, undo: get().history.undo });
      }
      tell.history({ type: "refused", failure: toFailure(thrown) });
    }
  }).then(afterwards);
}
