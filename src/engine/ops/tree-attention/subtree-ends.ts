import { invariant } from "../../../core/invariant.ts";

/**
 * First row after each row's subtree, int32 [rows]: the form in which `treeAttention` takes a forest.
 *
 * `parents` [rows] names each row's parent, -1 for a root, in depth-first order: a row's parent is the row before it, or an ancestor
 * of that row, or none. Any other order is a bug of the caller.
 */
export function subtreeEnds(parents: ArrayLike<number>): Int32Array<ArrayBuffer> {
  const rows = parents.length;
  const ends = new Int32Array(rows).fill(rows);
  // The ancestors of the row before, itself last.
  const open: number[] = [];
  for (let row = 0; row < rows; row++) {
    while (open.length > 0 && open.at(-1) !== parents[row]) ends[open.pop() ?? 0] = row;
    invariant(open.length > 0 || parents[row] === -1, `row ${row} does not follow its parent depth first`);
    open.push(row);
  }
  return ends;
}
