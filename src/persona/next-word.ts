/** @file Which one opinion would bring a direction that leans nearest to speaking. */
import type { ItemId } from "../core/ids.ts";
import { sigmoid } from "../core/sigmoid.ts";
import type { JudgedItems } from "./opinions.ts";
import { type DirectionState, inferPersona, type Persona } from "./persona.ts";
import { answerRow, type PreferenceSpace } from "./preference-space.ts";
import { dot, multiplied } from "./taste-posterior.ts";

/** Nearer to 1/2 than this, P(for) leans nowhere. */
export const LEANS_FROM = 0.05;

export interface NextWord {
  /** Place of the direction in the space. */
  readonly direction: number;
  readonly item: ItemId;
  /** Whether the film would have to be liked, or disliked. */
  readonly liked: boolean;
  /** P(for) then. */
  readonly probability: number;
  readonly state: DirectionState;
}

/**
 * Of the direction that leans most while none speaks: the like or dislike of a film of `pool` that moves it furthest its way. Films are compared by one
 * Newton step from the posterior as it is; what the best of them would do is inferred in full. Null where a direction speaks already, where none leans,
 * and where no opinion would help.
 */
export function nextWord(
  space: PreferenceSpace,
  { liked, disliked }: JudgedItems,
  { stances, posterior: { mode, covariance } }: Persona,
  pool: readonly ItemId[],
): NextWord | null {
  if (stances.some(({ state }) => state !== "neutral")) return null;
  const leans = stances.map(({ override, probability }) =>
    override === null ? Math.abs(probability - 0.5) : 0,
  );
  const lean = Math.max(0, ...leans);
  if (lean < LEANS_FROM) return null;
  const direction = leans.indexOf(lean);
  const side = (stances[direction]?.probability ?? 0.5) > 0.5 ? 1 : -1;
  let best: { readonly item: ItemId; readonly likes: boolean; readonly shift: number } | null = null;
  for (const item of pool) {
    const row = answerRow(space, item);
    const spread = multiplied(covariance, row);
    const width = dot(row, spread);
    const towards = side * (spread[direction] ?? 0);
    const likes = towards > 0;
    const weight = likes ? space.likeWeight : space.dislikeWeight;
    const like = sigmoid(dot(mode, row));
    const shift =
      (weight * Math.abs(towards) * (likes ? 1 - like : like)) / (1 + weight * like * (1 - like) * width);
    if (shift > (best?.shift ?? 0)) best = { item, likes, shift };
  }
  if (best === null) return null;
  const { item, likes } = best;
  const then = inferPersona(space, {
    liked: likes ? [...liked, item] : liked,
    disliked: likes ? disliked : [...disliked, item],
  }).stances[direction];
  if (then === undefined || side * (then.probability - 0.5) <= lean) return null;
  return { direction, item, liked: likes, probability: then.probability, state: then.inferred };
}
