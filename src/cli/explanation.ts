/** @file Everything that can be asked about one prediction, with the model's answers kept: text, JSON, CSV and evidence are made of it. */
import { type AttributionRequest, attribute } from "../attribution/attribute.ts";
import { audit } from "../attribution/audit.ts";
import { channelEffects } from "../attribution/channels.ts";
import { findCounterfactual } from "../attribution/counterfactual.ts";
import type { EffectMatrix } from "../attribution/effect.ts";
import {
  type AuditEvidence,
  type EvidenceModel,
  type EvidenceParts,
  recordScores,
  recordTokenScores,
} from "../attribution/evidence.ts";
import type { Scene } from "../attribution/intervention.ts";
import { standings } from "../attribution/standings.ts";
import { tokenStrips } from "../attribution/token-strip.ts";
import { whatIf } from "../attribution/what-if.ts";
import type { ItemId } from "../core/ids.ts";
import { present } from "../core/invariant.ts";
import { proposeSlate } from "../scores/recommend.ts";
import type { Recommender } from "./open-recommender.ts";
import type { Progress } from "./progress.ts";
import { rankFor } from "./recommend.ts";

/** Films that an edit must get the target past before it is tried on a whole slate, which takes several times as long. */
const RIVALS = 10;

export interface ExplanationRequest extends Omit<AttributionRequest, "scene"> {
  readonly history: readonly ItemId[];
  /** Empty: the `top` recommendations. */
  readonly candidates: readonly ItemId[];
  readonly top: number;
  readonly channels: boolean;
  readonly strip: boolean;
  readonly audit: boolean;
  readonly counterfactual: {
    readonly target: ItemId;
    readonly additions: readonly ItemId[];
    readonly budget: number;
  } | null;
  readonly whatIf: ItemId | null;
}

/** Rejects as the model and the methods do. */
export async function explainFully(
  request: ExplanationRequest,
  recommender: Recommender,
  progress: Progress,
): Promise<EvidenceParts> {
  const { history, question } = request;
  const { manifest } = recommender;
  const slate = request.candidates.length > 0 ? null : await rankedSlate(request, recommender);
  const scene: Scene = {
    history,
    candidates: slate === null ? request.candidates : slate.shown.ranked.map(({ item }) => item),
    promptItems: manifest.prompt.historyItems,
    recommenderItems: manifest.sasrec.maxLength,
  };
  const work: Work = { request, scene, recommender, progress };
  const effects = await mapEffects(work);
  const parts: EvidenceParts = {
    model: modelOf(recommender),
    scene,
    question,
    slate,
    effects,
    channels: request.channels ? await splitChannels(work) : null,
    strips: request.strip ? await stripTokens(work) : null,
    audit: request.audit ? await auditMap(work, effects.shown) : null,
    counterfactual: await answerCounterfactual(work),
    whatIf: await answerWhatIf(work),
  };
  progress.end();
  return parts;
}

interface Work {
  readonly request: ExplanationRequest;
  readonly scene: Scene;
  readonly recommender: Recommender;
  readonly progress: Progress;
}

function modelOf({ manifest, engine }: Recommender): EvidenceModel {
  const { name, adapter, sasrec, catalogue, base, fusion } = manifest;
  return {
    pack: {
      name,
      adapterSha256: adapter.sha256,
      sasrecSha256: sasrec.sha256,
      catalogueSha256: catalogue.sha256,
    },
    base,
    beta: fusion.beta,
    backend: engine.backend,
    device: engine.adapterName,
  };
}

async function rankedSlate({ history, top }: ExplanationRequest, recommender: Recommender) {
  const { score, answers } = recordScores(recommender.score);
  return { shown: await rankFor(history, top, { ...recommender, score }), answers };
}

async function mapEffects({ request, scene, recommender, progress }: Work) {
  const { score, answers } = recordScores(recommender.score);
  const shown = await attribute(
    { ...request, scene },
    { score, standIns: recommender.standIns },
    { onProgress: ({ done, total }) => progress.tell("effects", done, total) },
  );
  return { shown, answers };
}

async function splitChannels({ scene, recommender, progress }: Work) {
  const { score, answers } = recordScores(recommender.score);
  const shown = await channelEffects(scene, score, {
    onItem: (_item, done, total) => progress.tell("channels", done, total),
  });
  return { shown, answers };
}

async function stripTokens({ request, scene, recommender }: Work) {
  const { tokenScore, answers } = recordTokenScores(recommender.tokenScore);
  const parts = { tokenScore, decode: recommender.decode };
  return { shown: await tokenStrips(scene, request.question, parts), answers };
}

async function auditMap(
  { request, scene, recommender, progress }: Work,
  matrix: EffectMatrix,
): Promise<AuditEvidence> {
  const { seed } = request;
  const real = recordScores(recommender.score);
  const control = recordScores(recommender.controlScore(seed));
  // The audit maps the control first, then draws anew.
  const maps: EffectMatrix[] = [];
  const shown = await audit(
    scene,
    matrix,
    {
      score: real.score,
      randomised: control.score,
      now: () => performance.now(),
      seed,
      remap: async (remapped, score, mapSeed) => {
        const map = await attribute(
          { ...request, scene: remapped, seed: mapSeed },
          { score, standIns: recommender.standIns },
        );
        maps.push(map);
        return map;
      },
    },
    { onProgress: (done, total) => progress.tell("audit", done, total) },
  );
  const [controlMap, ...redrawn] = maps;
  return {
    shown,
    answers: real.answers,
    seed,
    controlSeed: seed,
    controlAnswers: control.answers,
    controlMap: present(controlMap, "the control's map"),
    redrawn,
  };
}

/** Edits are tried against the best films of the slate, and what is found is verified on the whole slate that it would be offered. */
async function answerCounterfactual({ request, scene, recommender, progress }: Work) {
  if (request.counterfactual === null) return null;
  const { target, additions, budget } = request.counterfactual;
  const { score, answers } = recordScores(recommender.score);
  const slateFor = (history: readonly ItemId[]) => wholeSlate(history, recommender);
  const slate = [...new Set([...slateFor(scene.history), target])];
  const [scores] = await score([{ history: scene.history, candidates: slate }]);
  const before = standings(slate, present(scores, "the slate's scores"));
  const best = before.filter(({ rank }) => rank <= RIVALS).map(({ item }) => item);
  const rivals = [...new Set([...best, target])];
  const found = await findCounterfactual(
    { scene: { ...scene, candidates: rivals }, target, additions, budget, slateAfter: slateFor },
    score,
    { onProgress: ({ passes }) => progress.tell("counterfactual, at most", passes, budget) },
  );
  const shown = { ...found, before, forwardPasses: found.forwardPasses + 1 };
  return { shown, rivals, answers };
}

async function answerWhatIf({ request, scene, recommender }: Work) {
  if (request.whatIf === null) return null;
  const { score, answers } = recordScores(recommender.score);
  const slate = { ...scene, candidates: wholeSlate(scene.history, recommender) };
  return { shown: await whatIf(slate, request.whatIf, score), answers };
}

function wholeSlate(history: readonly ItemId[], { behaviour, films, manifest }: Recommender) {
  return proposeSlate({ history, seen: history }, { behaviour, films, slateSize: manifest.slate.size });
}
