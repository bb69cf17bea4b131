import { invariant } from "../../core/invariant.ts";
import type { MoodWorld } from "./mood-world.ts";
import readers from "./movie-readers.json";

/** Log-odds that a mood adds to the choice of a film, by how well known it is. */
const MOOD_ON_CHOICE: Readonly<Record<string, number>> = { popular: 1.8, middle: 0, niche: -1.8 };

/** A like in an app is rarer than a good rating from someone who came to rate. */
const LIKE_OFFSET = -1.5;

/**
 * Twenty real films and readers whose taste is a factorisation of MovieLens ratings (`becausal_training/reader_model.py`). In a good mood they choose
 * what everybody knows, in a bad one what hardly anybody does, and the mood colours what they say of it.
 */
export const MOVIE_WORLD: MoodWorld = {
  base: readers.logOdds.map((row) => row.map((logOdds) => logOdds + LIKE_OFFSET)),
  moodOnLike: 1.6,
  moodOnChoice: readers.films.map(({ title, group }) => {
    const push = MOOD_ON_CHOICE[group];
    invariant(push !== undefined, `${title} is in a known group, not ${group}`);
    return push;
  }),
  tasteTemperature: 0.5,
};
