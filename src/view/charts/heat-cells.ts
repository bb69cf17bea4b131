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

/** What a row of the map must bring: effects by any method, with their standard errors (nats) where they are estimates. */
export type EffectRow = Pick<ItemEffects, "event" | "item" | "deltaNats" | "deltaProbability"> & {
  readonly standardError?: readonly number[] | undefined;
};

/** One cell of the map, whole numbers and words only: the chart draws it, it decides nothing. */
export interface HeatCell {
  readonly deltaNats: number;
  readonly deltaProbability: number;
  /** One standard error of the effect, nats; null where the effect is computed whole and not sampled. */
  readonly standardError: number | null;
  /** True where zero lies within two standard errors: even the sign may be chance. */
  readonly unsure: boolean;
  /** Place on the colour scale, -1 to 1. */
  readonly shade: number;
  /** "+", "−", or "·" where the shown number is zero. */
  readonly glyph: "+" | "−" | "·";
  readonly word: EffectWord;
}

/** Cells of the map, [events][candidates]; null where nothing is computed yet. `end` is the end of the colour scale in nats. */
export function heatCells(
  rows: readonly EffectRow[],
  events: readonly number[],
  candidates: number,
  end: number,
): readonly (readonly (HeatCell | null)[])[] {
  const byEvent = new Map<number, EffectRow>(rows.map((row) => [row.event, row]));
  return events.map((event) => {
    const row = byEvent.get(event);
    return Array.from({ length: candidates }, (_, candidate) => {
      const deltaNats = row?.deltaNats[candidate];
      if (deltaNats === undefined) return null;
      const deltaProbability = row?.deltaProbability[candidate] ?? 0;
      const standardError = row?.standardError?.[candidate] ?? null;
      return {
        deltaNats,
        deltaProbability,
        standardError,
        unsure: mayBeChance(deltaNats, standardError),
        shade: heatShade(deltaNats, end),
        glyph: glyphOf(deltaNats),
        word: effectWord(deltaNats),
      };
    });
  });
}

/** Whether an effect (nats) cannot be told from none: within two standard errors of zero, about 95 % of what chance does. */
export function mayBeChance(deltaNats: number, standardError: number | null): boolean {
  return standardError !== null && Math.abs(deltaNats) < 2 * standardError;
}

/** Sign of an effect as it is printed with two decimals. */
export function glyphOf(deltaNats: number): HeatCell["glyph"] {
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
