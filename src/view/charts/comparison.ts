import type { ItemId } from "../../core/ids.ts";
import { HARDLY_NATS, type HeatCell } from "./heat-cells.ts";

/** What one watched film does to two recommendations, nats. */
export interface ComparedRow {
  readonly one: number;
  readonly other: number;
  /** one - other. */
  readonly difference: number;
}

/** Rows of two columns of the map, by cause; null where either effect is not computed yet. */
export function compareColumns(
  cells: readonly (readonly (HeatCell | null)[])[],
  first: number,
  second: number,
): readonly (ComparedRow | null)[] {
  return cells.map((row) => {
    const [one, other] = [row[first]?.deltaNats, row[second]?.deltaNats];
    return one === undefined || other === undefined ? null : { one, other, difference: one - other };
  });
}

export interface Preference {
  readonly item: ItemId;
  /** Size of the difference, nats. */
  readonly nats: number;
}

/** The film that speaks most for the first over the second, and the one that does the reverse; null where none does by enough to matter. */
export function strongestPreferences(
  causes: readonly { readonly id: ItemId }[],
  rows: readonly (ComparedRow | null)[],
): { readonly first: Preference | null; readonly second: Preference | null } {
  const most = (sign: 1 | -1): Preference | null =>
    rows.reduce<Preference | null>((best, row, i) => {
      const nats = sign * (row?.difference ?? 0);
      const cause = causes[i];
      return cause === undefined || nats < Math.max(HARDLY_NATS, best?.nats ?? 0)
        ? best
        : { item: cause.id, nats };
    }, null);
  return { first: most(1), second: most(-1) };
}
