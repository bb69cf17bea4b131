/** @file In which order the map's rows and columns stand. Indices into the data come out; the data stay as they are. */
import type { ItemId } from "../../core/ids.ts";
import type { HeatCell } from "./heat-cells.ts";

export type Direction = "descending" | "ascending";

/** Columns: by rank ("given"), or by what one watched film does to them, from most for to most against (or the other way). */
export type ColumnOrder =
  | { readonly by: "given" }
  | { readonly by: "effect"; readonly of: ItemId; readonly direction: Direction };

/** Rows: as watched ("given"), by the sum of their effects' sizes, or by what they do to one recommendation. */
export type RowOrder = ColumnOrder | { readonly by: "size" };

export const asGiven = { by: "given" } as const satisfies ColumnOrder;

interface HeatData {
  readonly causes: readonly { readonly id: ItemId }[];
  readonly targets: readonly { readonly id: ItemId }[];
  /** [causes][targets]; null where nothing is computed yet. */
  readonly cells: readonly (readonly (HeatCell | null)[])[];
}

/** Places of the rows, first to last. A row without the number that decides stands last; equals keep their order. */
export function orderRows({ causes, targets, cells }: HeatData, order: RowOrder): readonly number[] {
  const rows = [...causes.keys()];
  if (order.by === "given") return rows;
  if (order.by === "size") return sorted(rows, (row) => totalSize(cells[row] ?? []), "descending");
  const column = targets.findIndex(({ id }) => id === order.of);
  return sorted(rows, (row) => cells[row]?.[column]?.deltaNats ?? null, order.direction);
}

/** Places of the columns, first to last; the same rules as for rows. */
export function orderColumns({ causes, targets, cells }: HeatData, order: ColumnOrder): readonly number[] {
  const columns = [...targets.keys()];
  if (order.by === "given") return columns;
  const row = causes.findIndex(({ id }) => id === order.of);
  return sorted(columns, (column) => cells[row]?.[column]?.deltaNats ?? null, order.direction);
}

/** What pressing the heading of a film does: most for it first, then most against it first, then as given. */
export function nextOrder(order: RowOrder, of: ItemId): ColumnOrder {
  if (order.by !== "effect" || order.of !== of) return { by: "effect", of, direction: "descending" };
  return order.direction === "descending" ? { by: "effect", of, direction: "ascending" } : asGiven;
}

/** Which way a film's heading sorts at present; undefined where it does not. */
export function sortedBy(order: RowOrder, of: ItemId): Direction | undefined {
  return order.by === "effect" && order.of === of ? order.direction : undefined;
}

/** Sum of |effect| (nats) over what is computed of a row; null where nothing is. */
function totalSize(row: readonly (HeatCell | null)[]): number | null {
  const known = row.filter((cell) => cell !== null);
  return known.length === 0 ? null : known.reduce((sum, { deltaNats }) => sum + Math.abs(deltaNats), 0);
}

function sorted(
  places: readonly number[],
  numberOf: (place: number) => number | null,
  direction: Direction,
): readonly number[] {
  const sign = direction === "descending" ? -1 : 1;
  return places.toSorted((a, b) => {
    const [one, other] = [numberOf(a), numberOf(b)];
    if (one === null || other === null) return Number(one === null) - Number(other === null);
    return sign * (one - other);
  });
}
