/** @file The worlds of the Lab by name, with moods as strong as one likes, and what is true in them. */
import { present } from "../../core/invariant.ts";
import { sigmoid } from "../../core/sigmoid.ts";
import {
  causalRewards,
  choiceChances,
  type MoodWorld,
  moodPolicy,
  tastePolicy,
  trueValue,
} from "./mood-world.ts";
import { MOVIE_WORLD } from "./movie-world.ts";
import { REFERENCE_WORLD } from "./reference-world.ts";

export const WORLD_NAMES = ["reference", "movies"] as const;
export type WorldName = (typeof WORLD_NAMES)[number];

export const WORLDS: Readonly<Record<WorldName, MoodWorld>> = {
  reference: REFERENCE_WORLD,
  movies: MOVIE_WORLD,
};

/** Log-odds, 0 or more: 0 on choice, and the mood decides nothing about what is watched; 0 on like, and nothing about how it is liked. */
export type MoodStrength = Pick<MoodWorld, "moodOnChoice" | "moodOnLike">;

export function worldWith(name: WorldName, { moodOnChoice, moodOnLike }: MoodStrength): MoodWorld {
  return { ...WORLDS[name], moodOnChoice, moodOnLike };
}

/** V of what may be done in a world, by enumeration: the chance of a like. */
export interface WorldValues {
  readonly taste: number;
  readonly mood: number;
  readonly uniform: number;
  /** Each reader's best film always. */
  readonly best: number;
}

export function worldValues(world: MoodWorld): WorldValues {
  const films = world.moodSide.length;
  const rewards = causalRewards(world);
  return {
    taste: trueValue(world, tastePolicy(world)),
    mood: trueValue(world, moodPolicy(world)),
    uniform: trueValue(
      world,
      world.base.map(() => new Array<number>(films).fill(1 / films)),
    ),
    best: mean(rewards.map((row) => Math.max(...row))),
  };
}

/** A film of a world, over its readers. */
export interface WorldFilm {
  readonly side: 1 | 0 | -1;
  /** Chance that it is what a reader chooses in each mood. */
  readonly chosenInGood: number;
  readonly chosenInBad: number;
  /** P(like | chosen): what a long log of choices says. In it the mood that chose is also the mood that likes. */
  readonly likedWhenChosen: number;
  /** g: the chance of a like where the film is drawn by chance, whatever the mood. */
  readonly likedWhenDrawn: number;
}

export function worldFilms(world: MoodWorld): readonly WorldFilm[] {
  const { good, bad } = choiceChances(world);
  const rewards = causalRewards(world);
  return world.moodSide.map((side, film) => {
    const chosenInGood = present(good[film], "a chance per film");
    const chosenInBad = present(bad[film], "a chance per film");
    const logOdds = world.base.map((row) => present(row[film], "a film of every reader"));
    const liked = (mood: number) => mean(logOdds.map((x) => sigmoid(x + mood * world.moodOnLike)));
    return {
      side,
      chosenInGood,
      chosenInBad,
      likedWhenChosen: (chosenInGood * liked(1) + chosenInBad * liked(-1)) / (chosenInGood + chosenInBad),
      likedWhenDrawn: mean(rewards.map((row) => present(row[film], "a reward per film"))),
    };
  });
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
