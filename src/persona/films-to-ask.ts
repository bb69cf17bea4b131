/**
 * @file Which films to ask a person about: those whose answer is expected to tell most about the taste. After each pick the taste counts as asked
 * about it, so that the next one asks about something else.
 */
import type { ItemId } from "../core/ids.ts";
import { sigmoid } from "../core/sigmoid.ts";
import type { Persona } from "./persona.ts";
import { answerRow, type PreferenceSpace } from "./preference-space.ts";
import { dot, multiplied } from "./taste-posterior.ts";

export interface FilmsToAskRequest {
  /** Films that may be asked about. */
  readonly pool: readonly ItemId[];
  /** Films that are being asked about already: they stay, in their order. */
  readonly kept: readonly ItemId[];
  readonly most: number;
}

/**
 * Kept films first, then one by one the film whose like or dislike is expected to tell most: ½ log(1 + c xᵀSx) nats, the information of one more
 * answer under a Gaussian posterior with covariance S (a greedy D-optimal design; Chaloner and Verdinelli 1995). x is the film less the mean film
 * of its popularity, c the expected curvature of the answer's log-likelihood. Ties go to the earlier film of the pool.
 */
export function filmsToAsk(
  space: PreferenceSpace,
  { mode, covariance }: Persona["posterior"],
  { pool, kept, most }: FilmsToAskRequest,
): readonly ItemId[] {
  const rows = new Map([...kept, ...pool].map((item) => [item, answerRow(space, item)]));
  const curvatures = new Map([...rows].map(([item, row]) => [item, expectedCurvature(space, mode, row)]));
  let spread = covariance;
  const asked: ItemId[] = [];
  const ask = (item: ItemId) => {
    asked.push(item);
    spread = answered(spread, rows.get(item) ?? mode, curvatures.get(item) ?? 0);
  };
  for (const item of kept.slice(0, most)) ask(item);
  while (asked.length < most) {
    let best: { readonly item: ItemId; readonly tells: number } | null = null;
    for (const item of pool) {
      const row = rows.get(item);
      if (row === undefined || asked.includes(item)) continue;
      const tells = (curvatures.get(item) ?? 0) * dot(row, multiplied(spread, row));
      if (best === null || tells > best.tells) best = { item, tells };
    }
    if (best === null) break;
    ask(best.item);
  }
  return asked;
}

/** A like is as likely as the taste has it, and counts as often as the space says; a dislike likewise. */
function expectedCurvature(
  { likeWeight, dislikeWeight }: PreferenceSpace,
  mode: Float64Array,
  row: Float64Array,
): number {
  const like = sigmoid(dot(mode, row));
  return (like * likeWeight + (1 - like) * dislikeWeight) * like * (1 - like);
}

/** Covariance after an answer of curvature c at x: S − c Sx xᵀS / (1 + c xᵀSx) (Sherman and Morrison 1950). */
function answered(spread: Float64Array, row: Float64Array, curvature: number): Float64Array {
  const size = row.length;
  const moved = multiplied(spread, row);
  const scale = curvature / (1 + curvature * dot(row, moved));
  return spread.map(
    (value, at) => value - scale * (moved[Math.floor(at / size)] ?? 0) * (moved[at % size] ?? 0),
  );
}
