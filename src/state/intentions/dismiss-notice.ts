import type { Context } from "../context.ts";

/** Puts away the offer to undo and the last storage failure. */
export function makeDismissNotice({ tell }: Context) {
  return (): void => tell.history({ type: "dismissed" });
}
