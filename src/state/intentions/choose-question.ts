import type { EffectQuestion } from "../../attribution/effect.ts";
import type { Context } from "../context.ts";

/** Switches the heatmap between the total and the prompt-only effect. */
export function makeChooseQuestion({ get, set }: Context, explain: () => Promise<void>) {
  return async (question: EffectQuestion): Promise<void> => {
    if (get().question === question) return;
    set({ question });
    await explain();
  };
}
