/**
 * @file Every question about one prediction, each with the model's raw answers beside what was made of them. Page and command line ask
 * through here, so that an evidence bundle of either holds the same.
 */
import type { ItemId, TokenId } from "../core/ids.ts";
import { present } from "../core/invariant.ts";
import type { ScoreFn } from "../scores/score-fn.ts";
import type { TokenScoreFn } from "../scores/token-scores.ts";
import { type AttributionRequest, attribute } from "./attribute.ts";
import { type AuditOptions, audit } from "./audit.ts";
import { type ChannelOptions, type ChannelReport, channelEffects } from "./channels.ts";
import {
  type Counterfactual,
  type CounterfactualOptions,
  type CounterfactualRequest,
  findCounterfactual,
} from "./counterfactual.ts";
import type { StandInsFn } from "./counterfactual-items.ts";
import type { EffectMatrix, EffectOptions, EffectQuestion } from "./effect.ts";
import {
  type AuditEvidence,
  type Evidenced,
  type EvidenceParts,
  type RecordedAnswer,
  recalled,
  recordScores,
  recordTokenScores,
} from "./evidence.ts";
import type { Scene } from "./intervention.ts";
import { tokenStrips } from "./token-strip.ts";
import { type WhatIf, whatIf } from "./what-if.ts";

/** A model that questions are put to. */
export interface Questioned {
  readonly score: ScoreFn;
  readonly tokenScore: TokenScoreFn;
  /** The scores of the same pack with random adapter weights. */
  controlScore(seed: number): ScoreFn;
  readonly standIns: StandInsFn;
  /** Weight of the recommender in the shown score. */
  readonly beta: number;
  decode(tokens: readonly TokenId[]): string;
  /** The slate that a history is offered, without films that were seen. */
  slateOf(history: readonly ItemId[], seen: readonly ItemId[]): readonly ItemId[];
}

export async function askEffects(
  request: AttributionRequest,
  { score: inner, standIns }: Questioned,
  options: EffectOptions = {},
): Promise<Evidenced<EffectMatrix>> {
  const { score, answers } = recordScores(inner);
  return { shown: await attribute(request, { score, standIns }, options), answers };
}

export async function askChannels(
  scene: Scene,
  { score: inner }: Questioned,
  options: ChannelOptions = {},
): Promise<Evidenced<ChannelReport>> {
  const { score, answers } = recordScores(inner);
  return { shown: await channelEffects(scene, score, options), answers };
}

export async function askStrips(
  scene: Scene,
  question: EffectQuestion,
  { tokenScore: inner, decode }: Questioned,
  signal?: AbortSignal,
): Promise<NonNullable<EvidenceParts["strips"]>> {
  const { tokenScore, answers } = recordTokenScores(inner);
  return { shown: await tokenStrips(scene, question, { tokenScore, decode }, signal), answers };
}

export interface AuditRequest {
  readonly scene: Scene;
  readonly map: EffectMatrix;
  /** What the model answered for the map; empty where that is gone. */
  readonly answers: readonly RecordedAnswer[];
  /** Of what is drawn at random. */
  readonly seed: number;
  /** Of the model with random weights. */
  readonly controlSeed: number;
  readonly now: () => number;
}

export async function askAudit(
  { scene, map, answers, seed, controlSeed, now }: AuditRequest,
  model: Questioned,
  options: AuditOptions = {},
): Promise<AuditEvidence> {
  const real = recordScores(model.score);
  const control = recordScores(model.controlScore(controlSeed));
  const maps: EffectMatrix[] = [];
  const { question, value, method, pairs } = map;
  const shown = await audit(
    scene,
    map,
    {
      score: real.score,
      randomised: control.score,
      now,
      seed,
      known: recalled(answers, model.beta),
      remap: async (remapped, score, mapSeed, fewer = pairs) => {
        const request = {
          scene: remapped,
          question,
          method,
          seed: mapSeed,
          ...(value === undefined ? {} : { value }),
          ...(fewer === undefined ? {} : { pairs: fewer }),
        };
        const made = await attribute(
          request,
          { score, standIns: model.standIns },
          { signal: options.signal },
        );
        maps.push(made);
        return made;
      },
    },
    options,
  );
  // The control is mapped first, then the map is drawn anew.
  const [controlMap, ...redrawn] = maps;
  return {
    shown,
    answers: real.answers,
    seed,
    controlSeed,
    controlAnswers: control.answers,
    controlMap: present(controlMap, "the control's map"),
    redrawn,
  };
}

export interface EditRequest extends Omit<CounterfactualRequest, "slateOf"> {
  /** Every rated or watched film, kept or not: never recommended, whatever an edit takes out. */
  readonly seen: readonly ItemId[];
}

/** The scene's own candidates are left aside: edits are held against the whole slate. */
export async function askCounterfactual(
  { scene, seen, ...request }: EditRequest,
  { score: inner, slateOf }: Questioned,
  options: CounterfactualOptions = {},
): Promise<Evidenced<Counterfactual>> {
  const { score, answers } = recordScores(inner);
  const ever = [...scene.history, ...seen];
  const candidates = [...new Set([...slateOf(scene.history, ever), request.target])];
  const shown = await findCounterfactual(
    { ...request, scene: { ...scene, candidates }, slateOf: (edited) => slateOf(edited, ever) },
    score,
    options,
  );
  return { shown, answers };
}

/** Of the whole slate. */
export async function askWhatIf(
  { scene, seen, item }: { readonly scene: Scene; readonly seen: readonly ItemId[]; readonly item: ItemId },
  { score: inner, slateOf }: Questioned,
  signal?: AbortSignal,
): Promise<Evidenced<WhatIf>> {
  const { score, answers } = recordScores(inner);
  const candidates = slateOf(scene.history, [...scene.history, ...seen]);
  return { shown: await whatIf({ ...scene, candidates }, item, score, signal), answers };
}
