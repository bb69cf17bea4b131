/** @file What a theta says, in words and in today's ranking. */
import type { FilmFeatures } from "../../../adapt/film-features.ts";
import { type LearnedPolicy, learnedScores } from "../../../adapt/learned-order.ts";
import type { PolicyVersions } from "../../../adapt/versions.ts";
import type { Standing } from "../../../attribution/standings.ts";
import { softmax } from "../../../core/softmax.ts";
import type { Direction, PreferenceSpace } from "../../../persona/preference-space.ts";
import type { RankedItem } from "../../../scores/recommend.ts";

export interface DirectionMove {
  readonly direction: Direction;
  /** What one standard deviation above the catalogue's mean adds to a film's score, nats. */
  readonly nats: number;
}

/** The directions that gain and that lose most, at most `most` each, strongest first. */
export function directionMoves(
  { directions }: Pick<PreferenceSpace, "directions">,
  theta: ArrayLike<number>,
  most: number,
): { readonly gained: readonly DirectionMove[]; readonly lost: readonly DirectionMove[] } {
  const moves = directions.map((direction, d) => ({ direction, nats: theta[d] ?? 0 }));
  const strongest = (side: readonly DirectionMove[]) =>
    side.toSorted((a, b) => Math.abs(b.nats) - Math.abs(a.nats)).slice(0, most);
  return {
    gained: strongest(moves.filter(({ nats }) => nats > 0)),
    lost: strongest(moves.filter(({ nats }) => nats < 0)),
  };
}

/** Theta of a version, null for the model as it was trained and for a version that is gone. */
export function thetaOf({ records }: PolicyVersions, version: number): readonly number[] | null {
  return records.find((record) => record.version === version)?.theta ?? null;
}

/** A slate before and after: its films' ranks and probabilities under two thetas, null for none. */
export function slateUnder(
  slate: readonly RankedItem[],
  features: FilmFeatures,
  theta: ArrayLike<number> | null,
): readonly Standing[] {
  const learned: LearnedPolicy | null =
    theta === null ? null : { version: 0, theta: Float64Array.from(theta), features };
  const scores = [...learnedScores(slate, learned)];
  const probabilities = softmax(scores);
  const order = [...slate.keys()].sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0) || a - b);
  return slate.map(({ item, verdict }, place) => ({
    item,
    verdict,
    shown: scores[place] ?? 0,
    probability: probabilities[place] ?? 0,
    rank: order.indexOf(place) + 1,
  }));
}
