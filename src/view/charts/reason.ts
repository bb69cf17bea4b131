import type { ItemId } from "../../core/ids.ts";
import { type EffectRow, HARDLY_NATS, mayBeChance } from "./heat-cells.ts";

/**
 * Why a film is recommended, from the numbers of its column alone, whatever method made them. Films that speak for it come strongest
 * first, and so do those that speak against it.
 */
export type Reason =
  /** No effect is worth naming. */
  | { readonly kind: "flat" }
  /** Some are large, but none can be told from chance. */
  | { readonly kind: "unclear" }
  | { readonly kind: "against"; readonly against: readonly ItemId[] }
  /** "mostly": the films named make most of all that speaks for it. "many": they lead many. */
  | {
      readonly kind: "mostly" | "many";
      readonly because: readonly ItemId[];
      readonly against: readonly ItemId[];
    };

/** One film carries the reason when it makes half of all that speaks for the recommendation; two when they make two thirds. */
const SINGLE_SHARE = 0.5;
const PAIR_SHARE = 2 / 3;
/** What speaks against is named from this part of the strongest that speaks for. */
const AGAINST_PART = 0.25;
/** A second film that speaks against is named from this part of the first. */
const SECOND_PART = 0.5;

/** The reason for one candidate. `rows` must be the whole map: a sentence from half of it would name the wrong film. */
export function reasonFor(rows: readonly EffectRow[], candidate: number): Reason {
  const effects = rows
    .map(({ item, deltaNats, standardError }) => ({
      item,
      delta: deltaNats[candidate] ?? 0,
      error: standardError?.[candidate] ?? null,
    }))
    .sort((a, b) => b.delta - a.delta);
  const large = effects.filter(({ delta }) => Math.abs(delta) >= HARDLY_NATS);
  if (large.length === 0) return { kind: "flat" };
  const clear = large.filter(({ delta, error }) => !mayBeChance(delta, error));
  if (clear.length === 0) return { kind: "unclear" };

  const [first, second] = clear.filter(({ delta }) => delta > 0);
  const [lowest, nextLowest] = clear.filter(({ delta }) => delta < 0).toReversed();
  const against =
    lowest === undefined || (first !== undefined && -lowest.delta < AGAINST_PART * first.delta)
      ? []
      : [lowest, nextLowest].flatMap((effect) =>
          effect !== undefined && effect.delta <= SECOND_PART * lowest.delta ? [effect.item] : [],
        );
  if (first === undefined) return { kind: "against", against };

  // What is small or unsure counts here: "mostly" must hold against everything that speaks for the film.
  const total = effects.reduce((sum, { delta }) => sum + Math.max(0, delta), 0);
  if (first.delta >= SINGLE_SHARE * total) return { kind: "mostly", because: [first.item], against };
  if (second === undefined) return { kind: "many", because: [first.item], against };
  const kind = first.delta + second.delta >= PAIR_SHARE * total ? "mostly" : "many";
  return { kind, because: [first.item, second.item], against };
}
