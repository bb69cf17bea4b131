import { toFailure } from "../../core/failure.ts";
import type { Context } from "../context.ts";

/** The history as a file to save; null when storage could not be read, which the state then says. */
export function makeExportHistory({ history, now, tell }: Context) {
  return async (): Promise<{ readonly name: string; readonly text: string } | null> => {
    try {
      const day = new Date(now()).toISOString().slice(0, 10);
      return { name: `becausal-history-${day}.json`, text: await history.exportJson() };
    } catch (thrown) {
      tell.history({ type: "refused", failure: toFailure(thrown) });
      return null;
    }
  };
}
