/** @file Both ends of the Lab's worker check what the other sends. */
import * as v from "valibot";
import { TEACHERS } from "../adapt/lab/learn-in-world.ts";
import { WORLD_NAMES } from "../adapt/lab/worlds.ts";
import { finiteSchema, fractionSchema, wholeSchema } from "../core/schema.ts";
import { ROADS } from "../evaluate/off-policy/tabular-estimates.ts";
import { count, type Schema, type SchemasOf } from "./call-table.ts";
import {
  LAB_LIMITS,
  LAB_POLICIES,
  type LabCalls,
  type LabPoint,
  type LabSettings,
  type LabStudy,
  type LessonOfLog,
  MOST_LOGS,
} from "./lab-protocol.ts";

const within = ([least, most]: readonly [number, number]) =>
  v.pipe(v.number(), v.minValue(least), v.maxValue(most));

const settings: Schema<LabSettings> = v.object({
  world: v.picklist(WORLD_NAMES),
  rounds: wholeSchema(...LAB_LIMITS.rounds),
  epsilon: within(LAB_LIMITS.epsilon),
  moodOnChoice: within(LAB_LIMITS.moodOnChoice),
  moodOnLike: within(LAB_LIMITS.moodOnLike),
  seed: wholeSchema(...LAB_LIMITS.seed),
});
const manyLogs = v.object({ settings, logs: wholeSchema(1, MOST_LOGS) });

const mean = v.object({
  value: finiteSchema,
  standardError: finiteSchema,
  low: finiteSchema,
  high: finiteSchema,
});
const road = v.picklist(ROADS);
const belief = v.object({
  truth: fractionSchema,
  effectiveSize: finiteSchema,
  estimates: v.object(each(ROADS, v.nullable(mean))),
});
const point: Schema<LabPoint> = v.object({
  rounds: count,
  drawn: count,
  beliefs: v.object(each(LAB_POLICIES, belief)),
});

const taught = v.object({ value: fractionSchema, taste: finiteSchema, mood: finiteSchema });
const lesson: Schema<LessonOfLog> = v.object(each(TEACHERS, v.nullable(taught)));

const figures = v.object({ bias: finiteSchema, spread: finiteSchema, coverage: fractionSchema });
const roadFigures = v.object({ road, answered: count, figures: v.nullable(figures) });
const study: Schema<LabStudy> = v.object({
  logs: count,
  figures: v.object(each(LAB_POLICIES, v.array(roadFigures))),
  rankedRight: v.object(each(ROADS, v.nullable(fractionSchema))),
});

export const labSchemas: SchemasOf<LabCalls> = {
  run: { args: settings, reply: v.array(point), progress: point },
  learn: { args: manyLogs, reply: v.array(lesson), progress: lesson },
  repeat: { args: manyLogs, reply: study, progress: study },
};

/** The same schema for each name: an object of these lacks none. */
function each<Name extends string, Value>(names: readonly Name[], value: Value): Record<Name, Value> {
  return Object.fromEntries(names.map((name) => [name, value])) as Record<Name, Value>;
}
