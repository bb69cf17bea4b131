import type { LearnedPolicy } from "../../adapt/learned-order.ts";
import type { Context } from "../context.ts";

/** Orders answers by what was learned from now on, the one on screen too; null: as the model was trained. */
export function makePutInForce({ set }: Context, reorder: () => Promise<void>) {
  return (learned: LearnedPolicy | null): Promise<void> => {
    set({ learned });
    return reorder();
  };
}
