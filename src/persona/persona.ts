/** @file A persona: where a taste stands in every preference direction, why, and what the user decided about it. */
import type { ItemId } from "../core/ids.ts";
import { invariant, present } from "../core/invariant.ts";
import { normalCdf } from "./normal-cdf.ts";
import { answerRow, type Direction, type PreferenceSpace } from "./preference-space.ts";
import { type Answer, multiplied, type TastePosterior, tastePosterior } from "./taste-posterior.ts";

export const FOR_FROM = 0.8;
export const AGAINST_TO = 0.2;
/** Directions that a prompt tells at most, likes and dislikes together. */
export const MOST_SPOKEN = 6;
/** Where a decision of the user puts a direction, in standard deviations of the training users. */
const DECIDED_DEVIATIONS = 1.5;

export type DirectionState = "for" | "against" | "neutral";

/** What the user said of films: liked and disliked ones, and pairs of which one was preferred. */
export interface Opinions {
  readonly liked: readonly ItemId[];
  readonly disliked: readonly ItemId[];
  readonly pairs?: readonly { readonly preferred: ItemId; readonly other: ItemId }[];
}

/**
 * What the user decided about a direction. `set`: this is my taste. `locked`: stay as you were when I locked it, whatever I rate. Opinions
 * change neither.
 */
export interface Override {
  readonly state: DirectionState;
  readonly by: "set" | "locked";
}

/** By id of the direction. */
export type Overrides = ReadonlyMap<string, Override>;

/** One answer's share of a direction's value; the shares of all answers add up to it. */
export interface Support {
  /** The film liked or disliked, or preferred. */
  readonly item: ItemId;
  /** The film it was preferred to; null for a single opinion. */
  readonly other: ItemId | null;
  readonly value: number;
}

export interface Stance {
  readonly direction: Direction;
  readonly state: DirectionState;
  /** As the opinions alone would have it. */
  readonly inferred: DirectionState;
  readonly override: Override | null;
  /** P(u > what the training users have in common): above 1/2 leans for, below against. */
  readonly probability: number;
  /** Mode of u less the mean of the training users. */
  readonly value: number;
  readonly deviation: number;
  /** Largest first. */
  readonly support: readonly Support[];
}

export interface Persona {
  /** In the order of the space. */
  readonly stances: readonly Stance[];
  /** [directions] mode of u, decisions of the user included. What it says of a film is {@link tasteScore}. */
  readonly taste: Float64Array;
  /** What the opinions alone say of u: mode [directions] and covariance [directions, directions]. */
  readonly posterior: Pick<TastePosterior, "mode" | "covariance">;
}

/**
 * The persona after `opinions`. A state is about what sets the user apart from the training users, so that acclaim, which nearly all like,
 * is no direction of anyone's before it is more than theirs; nobody has a direction before the first opinion.
 */
export function inferPersona(
  space: PreferenceSpace,
  opinions: Opinions,
  overrides: Overrides = new Map(),
): Persona {
  const size = space.directions.length;
  const told = answersOf(space, opinions);
  const { mode, covariance, priorCovariance, pulls } = tastePosterior(space.prior, told);
  const shares = told.map(({ row }, k) =>
    multiplied(priorCovariance, row).map((value) => value * present(pulls[k], "the pull of an answer")),
  );
  const stances = space.directions.map((direction, d): Stance => {
    const value = present(mode[d], "a mode") - present(space.prior.mean[d], "a mean");
    const deviation = Math.sqrt(present(covariance[d * size + d], "a variance"));
    const probability = normalCdf(value / deviation);
    const inferred = stateOf(probability);
    const override = overrides.get(direction.id) ?? null;
    const support = told
      .map(({ item, other }, k): Support => ({ item, other, value: present(shares[k]?.[d], "a share") }))
      .sort((a, b) => Math.abs(b.value) - Math.abs(a.value));
    return {
      direction,
      state: override?.state ?? inferred,
      inferred,
      override,
      probability,
      value,
      deviation,
      support,
    };
  });
  const taste = Float64Array.from(stances, ({ override, value }, d) => {
    const own = override === null ? value : decidedValue(space, override.state, d);
    return own + present(space.prior.mean[d], "a mean");
  });
  return { stances, taste, posterior: { mode, covariance } };
}

/** What a taste says of a film, in nats: u · φ. Only differences between films mean anything. */
export function tasteScore(space: PreferenceSpace, taste: Float64Array, item: ItemId): number {
  const size = space.directions.length;
  invariant(item < space.items, `item ${item} is one of the space's ${space.items}`);
  return taste.reduce((sum, value, d) => sum + value * (space.attributes[item * size + d] ?? 0), 0);
}

/**
 * Phrases for the persona's place in a prompt: of at most {@link MOST_SPOKEN} directions, the user's decisions first, then the surest;
 * both lists in the order of the space. Neutral directions are silent.
 */
export function spokenDirections({
  stances,
}: {
  readonly stances: readonly Pick<Stance, "direction" | "state" | "override" | "probability">[];
}): {
  readonly likes: string[];
  readonly dislikes: string[];
} {
  const spoken = new Set(
    bySureness(stances.filter(({ state }) => state !== "neutral")).slice(0, MOST_SPOKEN),
  );
  const phrases = (wanted: DirectionState) =>
    stances
      .filter((stance) => spoken.has(stance) && stance.state === wanted)
      .map(({ direction }) => direction.phrase);
  return { likes: phrases("for"), dislikes: phrases("against") };
}

/** Decided ones first, then the surest; equal ones in the order they came in. */
export function bySureness<Each extends Pick<Stance, "override" | "probability">>(
  stances: readonly Each[],
): readonly Each[] {
  const sureness = ({ override, probability }: Each) => (override === null ? Math.abs(probability - 0.5) : 1);
  return stances.toSorted((a, b) => sureness(b) - sureness(a));
}

function stateOf(probability: number): DirectionState {
  return probability >= FOR_FROM ? "for" : probability <= AGAINST_TO ? "against" : "neutral";
}

function decidedValue({ prior, directions }: PreferenceSpace, state: DirectionState, d: number): number {
  const sign = { for: 1, against: -1, neutral: 0 }[state];
  return sign * DECIDED_DEVIATIONS * Math.sqrt(prior.covariance[d * directions.length + d] ?? 0);
}

interface TracedAnswer extends Answer {
  readonly item: ItemId;
  readonly other: ItemId | null;
}

function answersOf(
  space: PreferenceSpace,
  { liked, disliked, pairs = [] }: Opinions,
): readonly TracedAnswer[] {
  const size = space.directions.length;
  const rowOf = (item: ItemId) => {
    invariant(item < space.items, `item ${item} is one of the space's ${space.items}`);
    return space.attributes.subarray(item * size, (item + 1) * size);
  };
  const single = (sign: number, weight: number) => (item: ItemId) => ({
    item,
    other: null,
    row: answerRow(space, item).map((value) => sign * value),
    weight,
  });
  return [
    ...liked.map(single(1, space.likeWeight)),
    ...disliked.map(single(-1, space.dislikeWeight)),
    ...pairs.map(({ preferred, other }) => {
      const theirs = rowOf(other);
      const row = Float64Array.from(rowOf(preferred), (value, d) => value - (theirs[d] ?? 0));
      return { item: preferred, other, row, weight: 1 };
    }),
  ];
}
