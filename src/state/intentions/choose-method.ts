import type { EffectMethod } from "../../attribution/effect.ts";
import type { Context } from "../context.ts";
import type { ShapleyEffort } from "../shapley-effort.ts";

/** Switches the heatmap to another method. Shapley values begin with their first estimate, unless a better one is known. */
export function makeChooseMethod({ get, set }: Context, explain: () => Promise<void>) {
  return async (method: EffectMethod, effort: ShapleyEffort = get().effort): Promise<void> => {
    if (get().method === method && get().effort === effort) return;
    set({ method, effort });
    await explain();
  };
}
