import { toFailure } from "../../core/failure.ts";
import type { Context } from "../context.ts";

/** Reads the stored history: at the start, and again when another tab changed it. */
export function makeReadHistory({ history, historyEdits, tell }: Context, change: () => Promise<void>) {
  return (): Promise<void> =>
    historyEdits
      .inTurn(async () => {
        try {
          historyEdits.stored(await history.load());
          const setAside = (await history.setAside()).length;
          const events = historyEdits.foreseen();
          tell.history({ type: "read", events, whyNotDurable: history.whyNotDurable, setAside });
        } catch (thrown) {
          tell.history({ type: "refused", failure: toFailure(thrown) });
        }
      })
      .then(change);
}
