import { describe, expect, test } from "vitest";
import { seededRandom } from "../../core/rng.ts";
import { simulate } from "./mood-world.ts";
import { WORLD_NAMES, WORLDS, worldFilms, worldValues, worldWith } from "./worlds.ts";

const strengths = [0, 0.5, 1.8, 3].flatMap((moodOnChoice) =>
  [0, 0.5, 1.6, 3].map((moodOnLike) => ({ moodOnChoice, moodOnLike })),
);

describe.for(WORLD_NAMES)("the %s world", (name) => {
  test("is itself with its own moods", () => {
    expect(worldWith(name, WORLDS[name])).toEqual(WORLDS[name]);
  });
  test.for(strengths)(
    "has taste above mood and nothing above the best, whatever the moods (%o)",
    (strength) => {
      const { taste, mood, uniform, best } = worldValues(worldWith(name, strength));
      expect(taste).toBeGreaterThan(mood);
      expect(best).toBeGreaterThan(Math.max(taste, uniform));
    },
  );
  test("shows of every film what a long log of it says", () => {
    const world = WORLDS[name];
    const log = simulate(world, { rounds: 400_000, epsilon: 0.5 }, seededRandom(3));
    for (const [film, each] of worldFilms(world).entries()) {
      const [chosen, drawn] = [0, 1].map((isDrawn) => {
        const rows = [...log.action.keys()].filter((i) => log.drawn[i] === isDrawn && log.action[i] === film);
        return rows.reduce((sum, i) => sum + log.reward[i]!, 0) / rows.length;
      });
      expect(chosen).toBeCloseTo(each.likedWhenChosen, 1);
      expect(drawn).toBeCloseTo(each.likedWhenDrawn, 1);
    }
    const chances = worldFilms(world).reduce((sum, { chosenInGood }) => sum + chosenInGood, 0);
    expect(chances).toBeCloseTo(1, 12);
  });
  test("whose mood moves neither choice nor like has nothing to hide", () => {
    for (const none of [{ moodOnChoice: 0 }, { moodOnLike: 0 }])
      for (const { likedWhenChosen, likedWhenDrawn } of worldFilms({ ...WORLDS[name], ...none }))
        expect(likedWhenChosen).toBeCloseTo(likedWhenDrawn, 12);
  });
});
