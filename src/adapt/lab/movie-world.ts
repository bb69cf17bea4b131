import { invariant } from "../../core/invariant.ts";
import type { Film } from "../../model/film.ts";
import type { MoodWorld } from "./mood-world.ts";
import readers from "./movie-readers.json";

/** Which mood chooses a film, by how well known it is. */
const MOOD_SIDE: Readonly<Record<string, 1 | 0 | -1>> = { popular: 1, middle: 0, niche: -1 };

/** A like in an app is rarer than a good rating from someone who came to rate. */
const LIKE_OFFSET = -1.5;

/**
 * Twenty real films and readers whose taste is a factorisation of MovieLens ratings (`becausal_training/reader_model.py`). In a good mood they choose
 * what everybody knows, in a bad one what hardly anybody does, and the mood colours what they say of it.
 */
export const MOVIE_WORLD: MoodWorld = {
  base: readers.logOdds.map((row) => row.map((logOdds) => logOdds + LIKE_OFFSET)),
  moodOnLike: 1.6,
  moodSide: readers.films.map(({ title, group }) => {
    const side = MOOD_SIDE[group];
    invariant(side !== undefined, `${title} is in a known group, not ${group}`);
    return side;
  }),
  moodOnChoice: 1.8,
  tasteTemperature: 0.5,
};

/** Names of the films of {@link MOVIE_WORLD}, in its order. */
export const MOVIE_WORLD_FILMS: readonly Pick<Film, "title" | "year">[] = readers.films;
