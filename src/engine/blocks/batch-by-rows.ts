import { type PassPrompt, PromptForest } from "./prompt-forest.ts";

/** As many of the latest batches are looked at for each item: what belongs together seldom stands far apart. */
const OPEN_BATCHES = 8;

/**
 * Items in batches of at most `mostRows` rows, counted as a pass computes them: what prompts share counts once. An item goes where it
 * adds the fewest rows, so that prompts which share most land together; a prompt longer than a pass stands alone, or with prompts that
 * add nothing to it. Items keep their order inside a batch, batches the order of their first items.
 */
export function batchByRows<T extends { readonly prompt: PassPrompt }>(
  items: readonly T[],
  mostRows: number,
): T[][] {
  const batches: T[][] = [];
  const open: { readonly items: T[]; readonly forest: PromptForest }[] = [];
  for (const item of items) {
    let fewest = Number.POSITIVE_INFINITY;
    let chosen: (typeof open)[number] | undefined;
    for (const batch of open) {
      const added = batch.forest.rowsAdded(item.prompt);
      const fits = added === 0 || batch.forest.rows + added <= mostRows;
      if (fits && added < fewest) [fewest, chosen] = [added, batch];
    }
    if (chosen === undefined) {
      chosen = { items: [], forest: new PromptForest() };
      batches.push(chosen.items);
      open.push(chosen);
      if (open.length > OPEN_BATCHES) open.shift();
    }
    chosen.forest.add(item.prompt);
    chosen.items.push(item);
  }
  return batches;
}
