/** @file Tastes to hold one's own against. */
import type { DirectionState } from "../persona/persona.ts";
import type { TasteSource } from "../worker/taste-protocol.ts";
import type { Rival } from "./taste-state.ts";

/** Two tastes that want the opposite in every direction they speak of. */
const STOCK: readonly (readonly [direction: string, blockbusters: Exclude<DirectionState, "neutral">])[] = [
  ["kind-blockbuster", "for"],
  ["axis-new", "for"],
  ["genre-action", "for"],
  ["kind-classic", "against"],
  ["kind-hidden-gem", "against"],
  ["genre-drama", "against"],
];
const OPPOSITE = { for: "against", against: "for" } as const;
const NO_OPINIONS = { liked: [], disliked: [] };

/** The taste behind a rival, for one's own: `mirror` is its reverse in every direction, `everyone` the training users' mean. */
export function rivalTaste(rival: Rival, own: TasteSource): TasteSource & { readonly mirrored: boolean } {
  switch (rival.kind) {
    case "mirror":
      return { ...own, mirrored: true };
    case "everyone":
      return { opinions: NO_OPINIONS, decisions: [], mirrored: false };
    case "blockbusters":
    case "classics":
      return {
        opinions: NO_OPINIONS,
        decisions: STOCK.map(([direction, state]) => [
          direction,
          { state: rival.kind === "blockbusters" ? state : OPPOSITE[state], by: "set" },
        ]),
        mirrored: false,
      };
    case "file":
      return { ...rival.source, mirrored: false };
    default:
      return rival satisfies never;
  }
}
