/**
 * @file Films as a linear head weighs them: by the pack's preference directions, so that what was learned can be said in words. Every direction
 * is centred over the catalogue and scaled to unit deviation; else the decay of theta would weigh heavier on directions that few films differ in.
 */
import type { ItemId } from "../core/ids.ts";
import { invariant } from "../core/invariant.ts";
import type { PreferenceSpace } from "../persona/preference-space.ts";

export interface FilmFeatures {
  /** Directions, in the order of the space. */
  readonly width: number;
  /** [width] ids of the directions. */
  readonly names: readonly string[];
  /** Films that there are features of: those with an id below. */
  readonly items: number;
  /** psi [places, width] row by row; `items` are of the catalogue. */
  of(items: readonly ItemId[]): Float64Array;
}

/** psi_d = (value_d - mean_d) / deviation_d over the films of the catalogue; 0 where all films have the same value. */
export function filmFeatures({
  items,
  attributes,
  directions,
}: Pick<PreferenceSpace, "items" | "attributes"> & {
  readonly directions: readonly { readonly id: string }[];
}): FilmFeatures {
  const width = directions.length;
  const scaled = attributes.slice();
  for (let d = 0; d < width; d++) {
    let sum = 0;
    for (let item = 0; item < items; item++) sum += attributes[item * width + d] as number;
    const mean = sum / items;
    let squares = 0;
    for (let item = 0; item < items; item++)
      squares += ((attributes[item * width + d] as number) - mean) ** 2;
    const deviation = Math.sqrt(squares / items);
    // Equal values need not sum to their multiple exactly.
    const scale = deviation > 1e-9 ? 1 / deviation : 0;
    for (let item = 0; item < items; item++)
      scaled[item * width + d] = ((attributes[item * width + d] as number) - mean) * scale;
  }
  return {
    width,
    names: directions.map(({ id }) => id),
    items,
    of(films) {
      const psi = new Float64Array(films.length * width);
      for (const [place, film] of films.entries()) {
        invariant(film < items, `film ${film} of a catalogue of ${items}`);
        psi.set(scaled.subarray(film * width, (film + 1) * width), place * width);
      }
      return psi;
    },
  };
}
