/** @file AlignX's preference directions for films: what a taste is made of. Values and prior come from training. */
import type { ItemId } from "../core/ids.ts";
import { invariant } from "../core/invariant.ts";

/** A text in both languages of the app. */
export interface Bilingual {
  readonly en: string;
  readonly ja: string;
}

/** One thing a person can be for or against. */
export interface Direction {
  readonly id: string;
  readonly name: Bilingual;
  /** What a film's value on it is, in plain words. */
  readonly definition: Bilingual;
  /** How an English prompt names it behind "Likes:" or "Dislikes:". */
  readonly phrase: string;
  /** `binary`: a film is of the kind or not. `quantile`: it stands somewhere from 0 to 1. */
  readonly kind: "binary" | "quantile";
}

/** What is known of a user before any opinion: u is normal about a mean, each direction at a scale of its own. */
export interface TastePrior {
  /** [directions] */
  readonly mean: Float64Array;
  /** [directions, directions], symmetric and positive definite */
  readonly covariance: Float64Array;
  /** Degrees of freedom of the directions' scales; null: the prior is Gaussian. */
  readonly freedom: number | null;
}

export interface PreferenceSpace {
  /** In the order in which a prompt names them. */
  readonly directions: readonly Direction[];
  readonly items: number;
  /** [items, directions], from 0 to 1 */
  readonly attributes: Float64Array;
  /** [items, directions] mean attributes of the films of like popularity */
  readonly reference: Float64Array;
  readonly prior: TastePrior;
  /** How many answers liking, or disliking, one film counts as. */
  readonly likeWeight: number;
  readonly dislikeWeight: number;
}

/** Attributes of a film less those of the mean film of like popularity [directions]: what liking it is an answer about. */
export function answerRow(
  { directions, items, attributes, reference }: PreferenceSpace,
  item: ItemId,
): Float64Array {
  const size = directions.length;
  invariant(item < items, `item ${item} is one of the space's ${items}`);
  return Float64Array.from(
    { length: size },
    (_, d) => (attributes[item * size + d] ?? 0) - (reference[item * size + d] ?? 0),
  );
}

/**
 * Mean attributes [items, directions] of the films of like popularity: those whose 1 + popularity has the same whole binary logarithm.
 * An opinion is held against it, so that liking what everyone watches says nothing.
 */
export function exposureReference(attributes: Float64Array, popularity: readonly number[]): Float64Array {
  const items = popularity.length;
  const size = attributes.length / items;
  const sums = new Map<number, { readonly sum: Float64Array; count: number }>();
  const bucketOf = (item: number) => Math.floor(Math.log2(1 + (popularity[item] ?? 0)));
  for (let item = 0; item < items; item++) {
    const bucket = bucketOf(item);
    const entry = sums.get(bucket) ?? { sum: new Float64Array(size), count: 0 };
    sums.set(bucket, entry);
    entry.count++;
    for (let d = 0; d < size; d++) entry.sum[d] = (entry.sum[d] ?? 0) + (attributes[item * size + d] ?? 0);
  }
  const reference = new Float64Array(attributes.length);
  for (let item = 0; item < items; item++) {
    const entry = sums.get(bucketOf(item));
    if (entry === undefined) continue;
    for (let d = 0; d < size; d++) reference[item * size + d] = (entry.sum[d] ?? 0) / entry.count;
  }
  return reference;
}
