import { toFailure } from "../../core/failure.ts";
import type { HistoryStore } from "../../history/history-store.ts";
import type { Context } from "../context.ts";
import type { Undo } from "../history-state.ts";
import type { Foresight } from "../pending-edits.ts";

/**
 * One change of the history: asked of the store, then read back, so that the page shows what is stored. Changes run one after the
 * other. A refused change leaves the list as it was and is told to the person.
 *
 * `edit` reads the list from the store where it needs it: the one on screen may be ahead of it. `foresee` is what the list will be,
 * shown at once.
 */
export function editHistory(
  { history, historyEdits, tell, get }: Context,
  afterwards: () => Promise<void>,
  edit: (store: HistoryStore) => Promise<Undo | null>,
  foresee?: Foresight,
): Promise<void> {
  const show = (undo: Undo | null) =>
    tell.history({ type: "changed", events: historyEdits.foreseen(), undo });
  let isThrough: () => void = () => undefined;
  if (foresee !== undefined) {
    isThrough = historyEdits.foresee(foresee);
    show(get().history.undo);
  }
  return historyEdits
    .inTurn(async () => {
      try {
        const undo = await edit(history);
        historyEdits.stored(await history.load());
        isThrough();
        show(undo);
      } catch (thrown) {
        isThrough();
        if (foresee !== undefined) {
          const events = await history.load().catch(() => null);
          if (events !== null) historyEdits.stored(events);
          show(get().history.undo);
        }
        tell.history({ type: "refused", failure: toFailure(thrown) });
      }
    })
    .then(afterwards);
}
