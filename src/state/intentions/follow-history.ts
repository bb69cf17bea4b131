import type { Context } from "../context.ts";

/** Follows what other tabs do to the history, for as long as the page lives. */
export function makeFollowHistory({ history }: Context, readHistory: () => Promise<void>) {
  return (): void => {
    history.subscribe(() => void readHistory());
  };
}
