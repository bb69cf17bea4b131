/** @file Every method behind one function, for those who let the user choose. */
import type { ScoreFn } from "../scores/score-fn.ts";
import type { StandInsFn } from "./counterfactual-items.ts";
import type { EffectMatrix, EffectMethod, EffectOptions, EffectQuestion, EffectValue } from "./effect.ts";
import { explainedEvents, type Scene } from "./intervention.ts";
import { leaveOneOut } from "./leave-one-out.ts";
import { replacementEffects } from "./replacement.ts";
import { exactShapley, MOST_EXACT_ITEMS, sampledShapley } from "./shapley.ts";
import { valueScores } from "./values.ts";

export interface AttributionRequest {
  readonly scene: Scene;
  readonly question: EffectQuestion;
  /** Default: "verdict". A contrast is with the scene's candidates. */
  readonly value?: EffectValue;
  readonly method: EffectMethod;
  /** For what is drawn at random: stand-ins and orders. */
  readonly seed: number;
  /** Shapley by so many pairs of orders. Default: exact up to {@link MOST_EXACT_ITEMS} items, sampled beyond. */
  readonly pairs?: number;
}

export interface AttributionParts {
  readonly score: ScoreFn;
  readonly standIns: StandInsFn;
}

/** Rejects as the method does, and with `bad-request` for a contrast of one film. */
export async function attribute(
  request: AttributionRequest,
  { score, standIns }: AttributionParts,
  options: EffectOptions = {},
): Promise<EffectMatrix> {
  const { value, scene } = request;
  const parts = { score: valueScores(value, scene.candidates, score), standIns };
  const matrix = await byMethod(request, parts, options);
  return value === undefined || value === "verdict" ? matrix : { ...matrix, value };
}

function byMethod(
  { scene, question, method, seed, pairs }: AttributionRequest,
  { score, standIns }: AttributionParts,
  options: EffectOptions,
): Promise<EffectMatrix> {
  switch (method) {
    case "leave-one-out":
      return leaveOneOut({ ...scene, question }, score, {
        signal: options.signal,
        onRow: (row, done, total) => options.onProgress?.({ rows: [row], done, total }),
      });
    case "replacement":
      return replacementEffects({ ...scene, question, seed }, standIns, score, options);
    case "shapley":
      return pairs === undefined && explainedEvents(scene).length <= MOST_EXACT_ITEMS
        ? exactShapley({ ...scene, question }, score, options)
        : sampledShapley(
            { ...scene, question, seed, ...(pairs === undefined ? {} : { pairs }) },
            score,
            options,
          );
    default:
      return method satisfies never;
  }
}
