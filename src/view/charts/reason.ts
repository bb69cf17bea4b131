import type { ItemEffects } from "../../attribution/effect.ts";
import type { ItemId } from "../../core/ids.ts";
import { HARDLY_NATS } from "./heat-cells.ts";

/** Why a film is recommended, from the numbers of its column alone. */
export type Reason =
  | { readonly kind: "flat" }
  | { readonly kind: "onlyAgainst"; readonly against: ItemId }
  | { readonly kind: "single"; readonly first: ItemId; readonly against: ItemId | null }
  | {
      readonly kind: "pair" | "spread";
      readonly first: ItemId;
      readonly second: ItemId;
      readonly against: ItemId | null;
    };

/** One film carries the reason when it makes half of all that speaks for the recommendation; two when they make two thirds. */
const SINGLE_SHARE = 0.5;
const PAIR_SHARE = 2 / 3;
/** What speaks against is named from this part of the strongest that speaks for. */
const AGAINST_PART = 0.25;

/** The reason for one candidate. `rows` must be the whole map: a sentence from half of it would name the wrong film. */
export function reasonFor(rows: readonly ItemEffects[], candidate: number): Reason {
  const effects = rows
    .map(({ item, deltaNats }) => ({ item, delta: deltaNats[candidate] ?? 0 }))
    .filter(({ delta }) => Math.abs(delta) >= HARDLY_NATS)
    .sort((a, b) => b.delta - a.delta);
  const [first, second] = effects.filter(({ delta }) => delta > 0);
  const lowest = effects.at(-1);
  if (lowest === undefined) return { kind: "flat" };
  if (first === undefined) return { kind: "onlyAgainst", against: lowest.item };

  const against = lowest.delta < 0 && -lowest.delta >= AGAINST_PART * first.delta ? lowest.item : null;
  const total = effects.reduce((sum, { delta }) => sum + Math.max(0, delta), 0);
  if (second === undefined || first.delta >= SINGLE_SHARE * total)
    return { kind: "single", first: first.item, against };
  const kind = first.delta + second.delta >= PAIR_SHARE * total ? "pair" : "spread";
  return { kind, first: first.item, second: second.item, against };
}
