/** @file What a chart of preference directions draws: where each stands, how sure that is, in what order and groups. */
import { LEANS_FROM } from "../../persona/next-word.ts";
import type { DirectionState, Stance } from "../../persona/persona.ts";

/** As much of a stance as is drawn. */
export type DrawnStance = Pick<
  Stance,
  "direction" | "state" | "inferred" | "override" | "probability" | "value" | "deviation"
>;

export interface DirectionRow extends DrawnStance {
  /** The middle 95 % of what the value may be. */
  readonly low: number;
  readonly high: number;
  /** The middle 60 %: clear of zero exactly where P(for) is beyond .8 or below .2, so that the direction speaks. */
  readonly innerLow: number;
  readonly innerHigh: number;
  readonly lean: Lean;
}

export type Lean = DirectionState | "leans-for" | "leans-against";

/** Quantiles of the standard normal distribution: .975 and .8. */
const Z95 = 1.959964;
const Z60 = 0.841621;

export function directionRow<Each extends DrawnStance>(stance: Each): Each & DirectionRow {
  const { value, deviation } = stance;
  return {
    ...stance,
    low: value - Z95 * deviation,
    high: value + Z95 * deviation,
    innerLow: value - Z60 * deviation,
    innerHigh: value + Z60 * deviation,
    lean: leanOf(stance),
  };
}

/** A state where there is one, else the side that P(for) is on. A direction that was decided neutral leans nowhere. */
function leanOf({ state, override, probability }: DrawnStance): Lean {
  if (state !== "neutral" || override !== null) return state;
  if (Math.abs(probability - 0.5) < LEANS_FROM) return "neutral";
  return probability > 0.5 ? "leans-for" : "leans-against";
}

export const DIRECTION_KINDS = ["genre", "blend", "era", "axis", "kind"] as const;
export type DirectionKind = (typeof DIRECTION_KINDS)[number];

/** Rows by the first word of their direction's id, each group in the order given; directions of no known kind stand with the last. */
export function byKind<Row extends DrawnStance>(
  rows: readonly Row[],
): readonly { readonly kind: DirectionKind; readonly rows: readonly Row[] }[] {
  const kindOf = ({ direction }: Row) =>
    DIRECTION_KINDS.find((kind) => direction.id.startsWith(`${kind}-`)) ?? "kind";
  return DIRECTION_KINDS.map((kind) => ({ kind, rows: rows.filter((row) => kindOf(row) === kind) })).filter(
    ({ rows: found }) => found.length > 0,
  );
}

/** Half of the common axis: holds every interval, with a round end. */
export function directionAxisEnd(rows: readonly DirectionRow[]): number {
  const widest = Math.max(0.5, ...rows.flatMap(({ low, high }) => [-low, high]));
  return Math.ceil(widest * 2) / 2;
}
