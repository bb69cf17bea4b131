import * as v from "valibot";
import { describe, expect, test } from "vitest";
import { learnInWorld } from "../adapt/lab/learn-in-world.ts";
import { moodPolicy, simulate, tastePolicy, trueValue } from "../adapt/lab/mood-world.ts";
import { REFERENCE_WORLD } from "../adapt/lab/reference-world.ts";
import { fitWorldRewards } from "../adapt/lab/world-rewards.ts";
import { seededRandom } from "../core/rng.ts";
import { ROADS, tabularEstimates } from "../evaluate/off-policy/tabular-estimates.ts";
import { studyEstimates } from "../evaluate/off-policy/tabular-study.ts";
import { makeLabHandlers } from "./lab-handlers.ts";
import type { LabSettings, LabStudy, LessonOfLog } from "./lab-protocol.ts";
import { labSchemas } from "./lab-schema.ts";

const settings: LabSettings = {
  world: "reference",
  rounds: 2000,
  epsilon: 0.2,
  moodOnChoice: 1.8,
  moodOnLike: 1.6,
  seed: 1,
};
const { run, learn, repeat } = makeLabHandlers();
const still = <Progress>(seen: Progress[] = []) => ({
  signal: new AbortController().signal,
  onProgress: (progress: Progress) => void seen.push(progress),
});
const known = [
  { name: "taste", policy: tastePolicy(REFERENCE_WORLD), truth: 0 },
  { name: "mood", policy: moodPolicy(REFERENCE_WORLD), truth: 0 },
].map((each) => ({ ...each, truth: trueValue(REFERENCE_WORLD, each.policy) }));
const [taste, mood] = known as [(typeof known)[0], (typeof known)[0]];
const fit = (log: Parameters<typeof fitWorldRewards>[1], isUsed: (i: number) => boolean) =>
  fitWorldRewards(REFERENCE_WORLD, log, isUsed);

describe("a run", () => {
  test("ends with the estimates of the whole log beside the truth, as the estimators alone give them", async () => {
    const points = await run(settings, still());
    expect(points.map(({ rounds }) => rounds)).toEqual(Array.from({ length: 20 }, (_, i) => 100 * (i + 1)));
    const log = simulate(REFERENCE_WORLD, settings, seededRandom(1));
    for (const { name, policy, truth } of [taste, mood]) {
      const belief = points.at(-1)!.beliefs[name as "taste" | "mood"];
      expect(belief.estimates).toEqual(tabularEstimates(log, policy, fit));
      expect(belief.truth).toBe(truth);
    }
  });

  test("says while the log grows what it says in the end", async () => {
    const seen: unknown[] = [];
    expect(await run(settings, still(seen))).toEqual(seen);
    expect(await run(settings, still())).toEqual(seen);
    expect(await run({ ...settings, seed: 2 }, still())).not.toEqual(seen);
  });

  test("gives no value by drawn rounds before their effective size is 50, and always the naive ones", async () => {
    const points = await run(settings, still());
    for (const { beliefs } of points)
      for (const { effectiveSize, estimates } of Object.values(beliefs)) {
        expect(estimates.cpo === null).toBe(effectiveSize < 50);
        expect(estimates["cv-dr"] === null).toBe(effectiveSize < 50);
        expect(estimates.naive).not.toBeNull();
      }
    expect(points.some(({ beliefs }) => beliefs.taste.estimates.cpo === null)).toBe(true);
    const blind = (await run({ ...settings, epsilon: 0 }, still())).at(-1)!;
    expect(blind.drawn).toBe(0);
    expect(blind.beliefs.taste.estimates["dr-cross-fitted"]).toBeNull();
    expect(blind.beliefs.mood.estimates.naive!.value).toBeGreaterThan(
      blind.beliefs.taste.estimates.naive!.value,
    );
  });

  test("of a mood that moves nothing deceives nobody", async () => {
    const { beliefs } = (await run({ ...settings, moodOnChoice: 0, rounds: 20_000 }, still())).at(-1)!;
    for (const { truth, estimates } of Object.values(beliefs))
      expect(Math.abs(estimates.naive!.value - truth)).toBeLessThan(0.03);
  });

  test("works at every end of its settings", async () => {
    for (const world of ["reference", "movies"] as const)
      for (const epsilon of [0, 1])
        for (const strength of [0, 3]) {
          const asked = {
            world,
            rounds: 200,
            epsilon,
            moodOnChoice: strength,
            moodOnLike: strength,
            seed: 0,
          };
          const points = await run(asked, still());
          expect(v.safeParse(labSchemas.run.reply, points).issues).toBeUndefined();
          const taught = await learn({ settings: asked, logs: 1 }, still());
          expect(v.safeParse(labSchemas.learn.reply, taught).issues).toBeUndefined();
        }
  });
});

describe("lessons", () => {
  test("are those of the learner, in the order of the logs, weights over the temperature", async () => {
    const seen: LessonOfLog[] = [];
    const lessons = await learn({ settings, logs: 2 }, still(seen));
    expect(lessons).toEqual(seen);
    const random = seededRandom(1);
    for (const lesson of lessons) {
      const log = simulate(REFERENCE_WORLD, settings, random);
      for (const teacher of ["naive", "cpo"] as const) {
        const { theta, policy } = learnInWorld(REFERENCE_WORLD, log, teacher);
        expect(lesson[teacher]).toEqual({
          value: trueValue(REFERENCE_WORLD, policy),
          taste: theta[0] / 0.25,
          mood: theta[1] / 0.25,
        });
      }
    }
  });

  test("from draws are refused where nothing is drawn", async () => {
    const [lesson] = await learn({ settings: { ...settings, epsilon: 0 }, logs: 1 }, still());
    expect([lesson?.cpo, lesson?.["dr-cpo"]]).toEqual([null, null]);
    expect(lesson?.naive?.mood).toBeGreaterThan(1);
  });
});

describe("a study", () => {
  test("has the figures of the learning benchmark's", async () => {
    const seen: LabStudy[] = [];
    const study = await repeat({ settings, logs: 30 }, still(seen));
    const random = seededRandom(1);
    const reference = studyEstimates(
      () => simulate(REFERENCE_WORLD, settings, random),
      [taste, mood],
      fit,
      30,
    );
    expect(study.rankedRight).toEqual(reference.rankedRight);
    for (const [place, policy] of (["taste", "mood"] as const).entries())
      expect(study.figures[policy]).toEqual(
        reference.figures[place]!.map(({ road, ...figures }) => ({ road, answered: 30, figures })),
      );
    expect(seen.at(-1)).toEqual(study);
    expect(seen.map(({ logs }) => logs).slice(0, 2)).toEqual([2, 4]);
  });

  test("counts the logs that answered, and has no figures of fewer than two", async () => {
    const { figures, rankedRight } = await repeat(
      { settings: { ...settings, epsilon: 0 }, logs: 3 },
      still(),
    );
    for (const { road, answered, figures: ofRoad } of figures.mood) {
      const isNaive = road === "naive" || road === "regression";
      expect([answered, ofRoad === null], road).toEqual([isNaive ? 3 : 0, !isNaive]);
    }
    expect([rankedRight.naive, rankedRight.cpo]).toEqual([0, null]);
  });
});

test("every call is given up within a step", async () => {
  const ask = {
    run: (signal: AbortSignal, onProgress: () => void) => run(settings, { signal, onProgress }),
    learn: (signal: AbortSignal, onProgress: () => void) =>
      learn({ settings, logs: 1000 }, { signal, onProgress }),
    repeat: (signal: AbortSignal, onProgress: () => void) =>
      repeat({ settings, logs: 40 }, { signal, onProgress }),
  };
  for (const call of Object.values(ask)) {
    const controller = new AbortController();
    let reports = 0;
    const asked = call(controller.signal, () => {
      reports++;
      controller.abort();
    });
    await expect(asked).rejects.toMatchObject({ failure: { kind: "cancelled" } });
    expect(reports).toBe(1);
  }
});

describe("what crosses the border", () => {
  const isFit = (args: unknown) => v.safeParse(labSchemas.run.args, args).success;
  test.for([
    { rounds: 1e9 },
    { rounds: 500.5 },
    { epsilon: 1.1 },
    { epsilon: Number.NaN },
    { seed: -1 },
    { moodOnLike: 9 },
    { world: "mars" },
  ])("settings with %o are refused", (wrong) => {
    expect(isFit(settings)).toBe(true);
    expect(isFit({ ...settings, ...wrong })).toBe(false);
  });
  test("a reply that lacks a road is refused", async () => {
    const [point] = await run(settings, still());
    const { naive: _, ...others } = point!.beliefs.taste.estimates;
    const torn = {
      ...point,
      beliefs: { ...point!.beliefs, taste: { ...point!.beliefs.taste, estimates: others } },
    };
    expect(v.safeParse(labSchemas.run.progress, point).success).toBe(true);
    expect(v.safeParse(labSchemas.run.progress, torn).success).toBe(false);
    expect(Object.keys(others).length).toBe(ROADS.length - 1);
  });
});
