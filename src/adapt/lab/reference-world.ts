import type { MoodWorld } from "./mood-world.ts";

const FILMS = 8;
const READERS = 5;

/**
 * Five readers, each drawn to another arc of eight films: base[s, a] = 0.9 cos(2 pi (a - 1.6 s) / 8) - 0.8. A good mood chooses films 5 to 7
 * and a bad one films 0 to 2, so that 5 to 7 look liked by everybody.
 */
export const REFERENCE_WORLD: MoodWorld = {
  base: Array.from({ length: READERS }, (_, reader) =>
    Array.from(
      { length: FILMS },
      (_, film) => 0.9 * Math.cos((2 * Math.PI * (film - 1.6 * reader)) / FILMS) - 0.8,
    ),
  ),
  moodOnLike: 1.6,
  moodSide: Array.from({ length: FILMS }, (_, film) => (film >= 5 ? 1 : film <= 2 ? -1 : 0)),
  moodOnChoice: 1.8,
  tasteTemperature: 0.25,
};
