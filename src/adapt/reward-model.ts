/** @file ghat: what a reward is expected to be. */

/** Rewards in cells (a reader and a film, or a film alone); arrays are [rows]. */
export interface CellRewards {
  readonly cell: ArrayLike<number>;
  readonly reward: ArrayLike<number>;
}

/**
 * ghat(cell) = (sum of its rewards + strength * prior) / (its count + strength), over the rows that `isUsed` keeps: the mean, drawn to the prior where
 * rows are few. It may learn from rows without propensity: a wrong ghat costs DR precision, not truth.
 */
export function fitCellMeans(
  { cell, reward }: CellRewards,
  cells: number,
  { prior, strength }: { readonly prior: number; readonly strength: number },
  isUsed: (row: number) => boolean,
): Float64Array {
  const count = new Float64Array(cells);
  const total = new Float64Array(cells);
  for (let i = 0; i < cell.length; i++) {
    if (!isUsed(i)) continue;
    const at = cell[i] as number;
    count[at] = (count[at] as number) + 1;
    total[at] = (total[at] as number) + (reward[i] as number);
  }
  return total.map((sum, at) => (sum + strength * prior) / ((count[at] as number) + strength));
}
