/** @file Both ends of the learning worker check what the other sends. */
import * as v from "valibot";
import type { Update, UpdateFigures } from "../adapt/update.ts";
import { finiteSchema, fractionSchema } from "../core/schema.ts";
import type { EstimateNote, EstimatorRow, OffPolicyReport } from "../evaluate/off-policy/report.ts";
import { count, nothing, type Schema, type SchemasOf } from "./call-table.ts";
import type { LearningCalls, LearningRound } from "./learning-protocol.ts";

/** Most drawn rounds of one request: forty a day for a year and more. */
const MAX_ROUNDS = 20_000;
const MAX_PLACES = 20;
/** Most features of a film. */
const MAX_WIDTH = 1024;

const width = v.pipe(count, v.minValue(1), v.maxValue(MAX_WIDTH));
const theta = v.array(finiteSchema);
const perPlace = <Item extends Schema<number>>(item: Item) =>
  v.pipe(v.array(item), v.minLength(1), v.maxLength(MAX_PLACES));

const round: Schema<LearningRound> = v.pipe(
  v.object({
    baseScores: perPlace(finiteSchema),
    features: v.instance(Float64Array),
    action: count,
    reward: fractionSchema,
    propensities: perPlace(fractionSchema),
  }),
  v.check(
    ({ baseScores, propensities }) => baseScores.length === propensities.length,
    "scores and propensities are of one slate",
  ),
  v.check(({ features }) => features.every(Number.isFinite), "features are finite"),
  v.check(({ action, propensities }) => (propensities[action] ?? 0) > 0, "p is above 0 where it was drawn"),
  v.check(
    ({ propensities }) => Math.abs(propensities.reduce((sum, p) => sum + p, 0) - 1) <= 1e-6,
    "propensities sum to 1",
  ),
);

interface Sized {
  readonly rounds: readonly LearningRound[];
  readonly width: number;
  readonly current: readonly number[];
}

const sized = {
  rounds: v.pipe(v.array(round), v.maxLength(MAX_ROUNDS)),
  width,
  current: theta,
};
const fits = <Args extends Sized>() =>
  v.check<Args, string>(
    ({ rounds, width: features, current }) =>
      (current.length === 0 || current.length === features) &&
      rounds.every((each) => each.features.length === each.baseScores.length * features),
    "features are places x width, theta is of that width or empty",
  );

const figures: Schema<UpdateFigures> = v.object({
  rows: count,
  effectiveSize: finiteSchema,
  currentValue: finiteSchema,
  proposedValue: finiteSchema,
  improvement: v.object({
    value: finiteSchema,
    standardError: finiteSchema,
    low: finiteSchema,
    high: finiteSchema,
  }),
  confidence: fractionSchema,
});

const update: Schema<Update> = v.variant("kind", [
  v.object({ kind: v.literal("accepted"), theta: v.instance(Float64Array), figures }),
  v.object({ kind: v.literal("not-better"), theta: v.instance(Float64Array), figures }),
  v.object({ kind: v.literal("not-enough-data"), rows: count, effectiveSize: finiteSchema }),
]);

const band = { low: finiteSchema, high: finiteSchema };
const note: Schema<EstimateNote> = v.variant("kind", [
  v.object({ kind: v.literal("clipped"), share: fractionSchema, bias: finiteSchema }),
  v.object({ kind: v.literal("switched"), share: fractionSchema }),
  v.object({ kind: v.literal("shrunk") }),
  v.object({ kind: v.literal("model-only") }),
  v.object({ kind: v.literal("uncovered"), mass: finiteSchema }),
]);
const estimate: Schema<EstimatorRow> = v.object({
  name: v.picklist(["IPS", "SNIPS", "DM", "DR", "Switch-DR", "DRos", "CV-DR"]),
  value: finiteSchema,
  standardError: finiteSchema,
  interval: v.object({ ...band, kind: v.picklist(["t", "empirical-bernstein"]) }),
  bootstrap: v.object(band),
  notes: v.array(note),
});
const overlap = v.object({
  n: count,
  effectiveSize: finiteSchema,
  meanWeight: finiteSchema,
  largestWeight: finiteSchema,
  largestPossibleWeight: finiteSchema,
  clippedShare: fractionSchema,
  uncoveredMass: finiteSchema,
});
const report: Schema<OffPolicyReport> = v.variant("kind", [
  v.object({ kind: v.literal("not-enough-data"), overlap, leastEffectiveSize: finiteSchema }),
  v.object({ kind: v.literal("estimated"), overlap, estimates: v.array(estimate) }),
]);

export const learningSchemas: SchemasOf<LearningCalls> = {
  propose: {
    args: v.pipe(
      v.object({
        ...sized,
        objective: v.picklist(["cpo", "dr-cpo"]),
        look: v.pipe(count, v.minValue(1)),
      }),
      fits(),
    ),
    reply: update,
    progress: nothing,
  },
  value: {
    args: v.pipe(v.object(sized), fits()),
    reply: v.object({ trained: report, current: v.nullable(report) }),
    progress: nothing,
  },
};
