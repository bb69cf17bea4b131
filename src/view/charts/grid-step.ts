/** A place in a grid. Row -1 is the row of headings, column -1 the column of headings, where a grid has them. */
export interface GridPlace {
  readonly row: number;
  readonly column: number;
}

/** Where a key leads from a place of a grid, between `first` and `last`; null for a key that is not the grid's. */
export function gridStep(
  { key, ctrlKey }: { readonly key: string; readonly ctrlKey: boolean },
  { row, column }: GridPlace,
  first: GridPlace,
  last: GridPlace,
): GridPlace | null {
  // No heading stands in the corner: the row of headings begins at column 0, and the column of headings at row 0.
  const top = column < 0 ? 0 : first.row;
  const left = row < 0 ? 0 : first.column;
  switch (key) {
    case "ArrowUp":
      return { row: Math.max(top, row - 1), column };
    case "ArrowDown":
      return { row: Math.min(last.row, row + 1), column };
    case "ArrowLeft":
      return { row, column: Math.max(left, column - 1) };
    case "ArrowRight":
      return { row, column: Math.min(last.column, column + 1) };
    case "Home":
      return { row: ctrlKey ? 0 : row, column: 0 };
    case "End":
      return { row: ctrlKey ? last.row : row, column: last.column };
    default:
      return null;
  }
}
