/** @file What the Lab's worker does for each call. Every step is one look at a log or one log, and between steps a cancel is let in. */
import { learnInWorld, TEACHERS, type Teacher } from "../adapt/lab/learn-in-world.ts";
import {
  type MoodWorld,
  moodPolicy,
  simulate,
  tastePolicy,
  trueValue,
  type WorldLog,
} from "../adapt/lab/mood-world.ts";
import { fitWorldRewards } from "../adapt/lab/world-rewards.ts";
import { worldValues, worldWith } from "../adapt/lab/worlds.ts";
import { present } from "../core/invariant.ts";
import { type Random, seededRandom } from "../core/rng.ts";
import type { MeanInterval } from "../core/student-t.ts";
import { yieldToEvents } from "../engine/yield-to-events.ts";
import { LEAST_EFFECTIVE_SIZE } from "../evaluate/off-policy/overlap.ts";
import { ROADS, type Road, tabularAnswer } from "../evaluate/off-policy/tabular-estimates.ts";
import { figuresOf } from "../evaluate/off-policy/tabular-study.ts";
import {
  LAB_LOOKS,
  type LabHandlers,
  type LabPoint,
  type LabPolicy,
  type LabRoadFigures,
  type LabSettings,
  type LabStudy,
  type LessonOfLog,
  type PolicyBelief,
  type TaughtPolicy,
} from "./lab-protocol.ts";

export function makeLabHandlers(): LabHandlers {
  return {
    async run(settings, { signal, onProgress }) {
      const { world, draw } = stage(settings);
      const log = draw();
      const points: LabPoint[] = [];
      for (let look = 1; look <= LAB_LOOKS; look++) {
        await yieldToEvents(signal);
        const point = lookAt(world, firstRounds(log, Math.round((settings.rounds * look) / LAB_LOOKS)));
        points.push(point);
        onProgress(point);
      }
      return points;
    },

    async learn({ settings, logs }, { signal, onProgress }) {
      const { world, draw } = stage(settings);
      const lessons: LessonOfLog[] = [];
      while (lessons.length < logs) {
        const log = draw();
        const taught: (readonly [Teacher, TaughtPolicy | null])[] = [];
        for (const teacher of TEACHERS) {
          await yieldToEvents(signal);
          taught.push([teacher, teach(world, log, teacher)]);
        }
        const lesson = Object.fromEntries(taught) as Record<Teacher, TaughtPolicy | null>;
        lessons.push(lesson);
        onProgress(lesson);
      }
      return lessons;
    },

    async repeat({ settings, logs }, { signal, onProgress }) {
      const { world, draw } = stage(settings);
      const looks: LabPoint[] = [];
      const step = Math.ceil(logs / LAB_LOOKS);
      while (looks.length < logs) {
        await yieldToEvents(signal);
        looks.push(lookAt(world, draw()));
        if (looks.length % step === 0) onProgress(studyOf(world, looks));
      }
      return studyOf(world, looks);
    },
  };
}

function stage(settings: LabSettings): { readonly world: MoodWorld; draw(): WorldLog } {
  const world = worldWith(settings.world, settings);
  const random: Random = seededRandom(settings.seed);
  return { world, draw: () => simulate(world, settings, random) };
}

function firstRounds({ reader, action, reward, drawn }: WorldLog, rounds: number): WorldLog {
  return {
    reader: reader.subarray(0, rounds),
    action: action.subarray(0, rounds),
    reward: reward.subarray(0, rounds),
    drawn: drawn.subarray(0, rounds),
  };
}

function lookAt(world: MoodWorld, log: WorldLog): LabPoint {
  const truth = worldValues(world);
  const believe = (name: LabPolicy): PolicyBelief => ({
    truth: truth[name],
    ...tabularAnswer(log, name === "taste" ? tastePolicy(world) : moodPolicy(world), (rounds, isUsed) =>
      fitWorldRewards(world, rounds, isUsed),
    ),
  });
  return {
    rounds: log.reader.length,
    drawn: drawnOf(log),
    beliefs: { taste: believe("taste"), mood: believe("mood") },
  };
}

function teach(world: MoodWorld, log: WorldLog, teacher: Teacher): TaughtPolicy | null {
  const trustsDraws = teacher === "cpo" || teacher === "dr-cpo";
  // No policy's effective size is larger than the count of rounds.
  if (trustsDraws && drawnOf(log) < LEAST_EFFECTIVE_SIZE) return null;
  const { theta, policy } = learnInWorld(world, log, teacher);
  const [taste, mood] = theta.map((weight) => weight / world.tasteTemperature);
  return {
    value: trueValue(world, policy),
    taste: present(taste, "the weight of taste"),
    mood: present(mood, "the weight of mood"),
  };
}

function studyOf(world: MoodWorld, looks: readonly LabPoint[]): LabStudy {
  const truth = worldValues(world);
  const [better, worse] =
    truth.taste > truth.mood ? (["taste", "mood"] as const) : (["mood", "taste"] as const);
  const estimatesOf = (policy: LabPolicy, road: Road) =>
    looks.map(({ beliefs }) => beliefs[policy].estimates[road]).filter(isThere);
  const figuresFor = (policy: LabPolicy) =>
    ROADS.map((road): LabRoadFigures => {
      const estimates = estimatesOf(policy, road);
      const figures = estimates.length < 2 ? null : figuresOf(estimates, truth[policy]);
      return { road, answered: estimates.length, figures };
    });
  const rankedRight = ROADS.map((road) => {
    const orders = looks.flatMap(({ beliefs }) => {
      const [high, low] = [beliefs[better].estimates[road], beliefs[worse].estimates[road]];
      return isThere(high) && isThere(low) ? [high.value > low.value] : [];
    });
    return [road, orders.length === 0 ? null : orders.filter(Boolean).length / orders.length] as const;
  });
  return {
    logs: looks.length,
    figures: { taste: figuresFor("taste"), mood: figuresFor("mood") },
    rankedRight: Object.fromEntries(rankedRight) as LabStudy["rankedRight"],
  };
}

function isThere(estimate: MeanInterval | null): estimate is MeanInterval {
  return estimate !== null;
}

function drawnOf({ drawn }: WorldLog): number {
  return drawn.reduce((sum, each) => sum + each, 0);
}
