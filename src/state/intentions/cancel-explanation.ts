import type { Context } from "../context.ts";

/** Stops the heatmap; the rows it has stay. */
export function makeCancelExplanation({ explanations, tell }: Context) {
  return (): void => {
    explanations.cancel();
    tell.explanation({ type: "cancelled" });
  };
}
