import type { Context } from "../context.ts";
import type { SampleHistory } from "../sample-histories.ts";
import { editHistory } from "./edit-history.ts";
import { storedItems } from "./stored-items.ts";

/** Replaces the history by a sample's; the next undo brings the old one back. */
export function makeStartFromSample(context: Context, change: () => Promise<void>) {
  return (sample: SampleHistory): Promise<void> =>
    editHistory(context, change, async (store) => {
      const items = await storedItems(store);
      await store.replaceAll(sample.movieIds.map((movieId) => ({ movieId, rating: null })));
      return items.length === 0 ? null : { kind: "replaced", items };
    });
}
