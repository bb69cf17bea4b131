import type { ItemEffects } from "../../attribution/effect.ts";
import { heatShade } from "./heat-scale.ts";

/** Below this an effect hardly matters: 5 % of odds. */
export const HARDLY_NATS = 0.05;
/** From here it speaks clearly: about 28 % of odds. */
const CLEARLY_NATS = 0.25;
/** From here strongly: odds double and more. */
const STRONGLY_NATS = 0.7;

export type EffectWord =
  | "forStrongly"
  | "forClearly"
  | "forLittle"
  | "hardly"
  | "againstLittle"
  | "againstClearly"
  | "againstStrongly";

/** One cell of the map, whole numbers and words only: the chart draws it, it decides nothing. */
export interface HeatCell {
  readonly deltaNats: number;
  readonly deltaProbability: number;
  /** Place on the colour scale, -1 to 1. */
  readonly shade: number;
  /** "+", "−", or "·" where the shown number is zero. */
  readonly glyph: "+" | "−" | "·";
  readonly word: EffectWord;
}

/** Cells of the map, [events][candidates]; null where nothing is computed yet. `end` is the end of the colour scale in nats. */
export function heatCells(
  rows: readonly ItemEffects[],
  events: readonly number[],
  candidates: number,
  end: number,
): readonly (readonly (HeatCell | null)[])[] {
  const byEvent = new Map<number, ItemEffects>(rows.map((row) => [row.event, row]));
  return events.map((event) => {
    const row = byEvent.get(event);
    return Array.from({ length: candidates }, (_, candidate) => {
      const deltaNats = row?.deltaNats[candidate];
      if (deltaNats === undefined) return null;
      const deltaProbability = row?.deltaProbability[candidate] ?? 0;
      return {
        deltaNats,
        deltaProbability,
        shade: heatShade(deltaNats, end),
        glyph: glyphOf(deltaNats),
        word: effectWord(deltaNats),
      };
    });
  });
}

/** Sign of an effect as it is printed with two decimals. */
function glyphOf(deltaNats: number): HeatCell["glyph"] {
  if (Math.abs(deltaNats) < 0.005) return "·";
  return deltaNats > 0 ? "+" : "−";
}

/** The plain word for an effect in nats. */
export function effectWord(deltaNats: number): EffectWord {
  const size = Math.abs(deltaNats);
  if (size < HARDLY_NATS) return "hardly";
  const degree = size >= STRONGLY_NATS ? "Strongly" : size >= CLEARLY_NATS ? "Clearly" : "Little";
  return deltaNats > 0 ? `for${degree}` : `against${degree}`;
}
