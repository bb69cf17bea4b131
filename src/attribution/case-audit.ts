/** @file One case of a file put to every test of faithfulness: the numbers behind `becausal audit`. */
import { present } from "../core/invariant.ts";
import { rememberScores } from "../scores/remembered-scores.ts";
import type { ScoreFn, SlateQuery } from "../scores/score-fn.ts";
import { type AttributionRequest, attribute } from "./attribute.ts";
import type { Case } from "./cases.ts";
import type { StandInsFn } from "./counterfactual-items.ts";
import { deletionTest } from "./deletion.ts";
import {
  type FaithfulnessFigures,
  faithfulness,
  faithfulnessOfOrders,
  randomOrders,
} from "./faithfulness.ts";
import { intervene } from "./intervene.ts";
import type { Scene } from "./intervention.ts";
import { spearman } from "./spearman.ts";
import { standings } from "./standings.ts";
import { valueScores } from "./values.ts";

export interface CaseNumbers {
  readonly id: string;
  readonly user: string;
  /** Explained items. */
  readonly items: number;
  /** v(all) - v(none) of the target, nats. */
  readonly whole: number;
  /** Sum of the effects - whole, nats. */
  readonly completenessError: number;
  readonly faithfulness: FaithfulnessFigures;
  /** As shares of `whole`; null where it is too small. */
  readonly normalised: FaithfulnessFigures | null;
  /** Both of orders of chance; null where they were not asked for. */
  readonly byChance: {
    readonly faithfulness: FaithfulnessFigures;
    readonly normalised: FaithfulnessFigures | null;
  } | null;
  /** Nats lost without the top 3 (half of fewer than six items), and mean over random groups; null where there is no choice. */
  readonly deletion: { readonly top: number; readonly random: number } | null;
  /** Spearman's with the map of random weights; null where either map ranks nothing. */
  readonly randomised: number | null;
  /** By shown score among the case's candidates, from 1; null without candidates. */
  readonly targetRank: number | null;
  /** Null for a case without a cause. */
  readonly planted: {
    /** Whether the largest effect, of either sign, is the cause's. */
    readonly isTop: boolean;
    readonly cause: number;
    /** Nats; null for a case without a distractor. */
    readonly distractor: number | null;
  } | null;
  /** Questions that were really run on either model. */
  readonly forwardPasses: number;
}

export interface CaseParts {
  readonly score: ScoreFn;
  readonly randomised: ScoreFn;
  readonly standIns: StandInsFn;
  /** The pack's. */
  readonly promptItems: number;
  readonly recommenderItems: number;
}

export interface CaseMethod extends Omit<AttributionRequest, "scene"> {
  /** Also the curves of random orders, which cost as much again as the map's own. */
  readonly byChance: boolean;
}

/** The target alone is explained. Rejects with `cancelled` once the signal aborts, and as the method does. */
export async function auditCase(
  { id, user, history, target, candidates, cause, distractor }: Case,
  { byChance, ...method }: CaseMethod,
  { promptItems, recommenderItems, ...parts }: CaseParts,
  signal?: AbortSignal,
): Promise<CaseNumbers> {
  const { question, seed, value, ...how } = method;
  const scene: Scene = { history, candidates: [target], promptItems, recommenderItems };
  const counter = { passes: 0 };
  // The target alone is explained, in contrast to the films that it was chosen from.
  const valued = (model: ScoreFn) => valueScores(value, candidates ?? [], counted(model, counter));
  const [score, randomised] = [valued(parts.score), valued(parts.randomised)];
  // The target's rivals are no more free to stand in for an item than the target itself.
  const standIns: StandInsFn = (item, excluded, drawSeed) =>
    parts.standIns(item, new Set([...excluded, ...(candidates ?? [])]), drawSeed);
  const mapOf = (model: ScoreFn) =>
    attribute({ ...how, question, seed, scene }, { score: model, standIns }, { signal });
  const map = await mapOf(score);
  const controlMap = await mapOf(randomised);
  const deletion = await deletionTest(scene, map, score, { seed, signal });
  const [found] = await faithfulness(scene, map, score, { signal });
  const [chance] = byChance
    ? await faithfulnessOfOrders(scene, question, randomOrders(scene, seed), score, { signal })
    : [];
  const { nats, normalised } = present(found, "the target's curves");
  // Asked anew: what is remembered from the map would agree with it whatever the model is.
  const [all, none] = await intervene(
    scene,
    [
      [],
      [{ kind: "empty-history" }, ...(question === "prompt-only" ? ([{ kind: "hold-gate" }] as const) : [])],
    ],
    valued(parts.score),
    { signal },
  );
  const whole = present(all?.verdict[0], "v(all)") - present(none?.verdict[0], "v(none)");
  const effects = map.rows.map(({ deltaNats }) => present(deltaNats[0], "an effect"));
  const sizeAt = (place: number) =>
    Math.abs(
      present(effects[map.rows.findIndex(({ event }) => event === place)], "the effect of a planted item"),
    );
  return {
    id,
    user,
    items: effects.length,
    whole,
    completenessError: effects.reduce((sum, effect) => sum + effect, 0) - whole,
    faithfulness: nats,
    normalised,
    byChance: chance === undefined ? null : { faithfulness: chance.nats, normalised: chance.normalised },
    deletion:
      deletion.size === 0
        ? null
        : { top: present(deletion.top[0], "a drop"), random: present(deletion.random[0], "a drop") },
    randomised: spearman(
      effects,
      controlMap.rows.map(({ deltaNats }) => present(deltaNats[0], "an effect")),
    ),
    targetRank: candidates === null ? null : await rankOf({ history, candidates }, target, score, signal),
    planted:
      cause === null
        ? null
        : {
            isTop: sizeAt(cause) === Math.max(...effects.map(Math.abs)),
            cause: sizeAt(cause),
            distractor: distractor === null ? null : sizeAt(distractor),
          },
    forwardPasses: counter.passes,
  };
}

async function rankOf(
  query: SlateQuery,
  target: Case["target"],
  score: ScoreFn,
  signal: AbortSignal | undefined,
): Promise<number> {
  const [scores] = await score([query], signal);
  const all = standings(query.candidates, present(scores, "the slate's scores"));
  return present(
    all.find(({ item }) => item === target),
    "the target's standing",
  ).rank;
}

/** Runs each question once, and counts those that it runs. */
function counted(score: ScoreFn, counter: { passes: number }): ScoreFn {
  return rememberScores(async (queries, signal, onScored) => {
    const answers = await score(queries, signal, onScored);
    counter.passes += queries.length;
    return answers;
  });
}
