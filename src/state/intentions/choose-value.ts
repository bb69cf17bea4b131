import type { EffectValue } from "../../attribution/effect.ts";
import type { Context } from "../context.ts";

/** Switches the heatmap between effects on a film's own verdict and on its contrast with the other recommendations. */
export function makeChooseValue({ get, set }: Context, explain: () => Promise<void>) {
  return async (value: EffectValue): Promise<void> => {
    if (get().value === value) return;
    set({ value });
    await explain();
  };
}
