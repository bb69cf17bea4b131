/** @file Everything that can be asked about one prediction, with the model's answers kept: text, JSON, CSV and evidence are made of it. */
import type { AttributionRequest } from "../attribution/attribute.ts";
import { type EvidenceModel, type EvidenceParts, packOrigin, recordScores } from "../attribution/evidence.ts";
import type { Scene } from "../attribution/intervention.ts";
import {
  askAudit,
  askChannels,
  askCounterfactual,
  askEffects,
  askStrips,
  askWhatIf,
  type Questioned,
} from "../attribution/questions.ts";
import type { ItemId } from "../core/ids.ts";
import { proposeSlate } from "../scores/recommend.ts";
import type { Recommender } from "./open-recommender.ts";
import type { Progress } from "./progress.ts";
import { rankFor } from "./recommend.ts";

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
  const model = questioned(recommender);
  const tell = (what: string) => (done: number, total: number) => progress.tell(what, done, total);
  const effects = await askEffects({ ...request, scene }, model, {
    onProgress: ({ done, total }) => progress.tell("effects", done, total),
  });
  const { seed, counterfactual, whatIf } = request;
  const parts: EvidenceParts = {
    model: modelOf(recommender),
    scene,
    question,
    slate,
    effects,
    channels: request.channels
      ? await askChannels(scene, model, {
          onItem: (_item, done, total) => progress.tell("channels", done, total),
        })
      : null,
    strips: request.strip ? await askStrips(scene, question, model) : null,
    audit: request.audit
      ? await askAudit(
          {
            scene,
            map: effects.shown,
            answers: effects.answers,
            seed,
            controlSeed: seed,
            now: () => performance.now(),
          },
          model,
          { onProgress: tell("audit") },
        )
      : null,
    counterfactual:
      counterfactual === null
        ? null
        : await askCounterfactual({ scene, seen: history, ...counterfactual }, model, {
            onProgress: ({ passes, budget }) => progress.tell("counterfactual, at most", passes, budget),
          }),
    whatIf: whatIf === null ? null : await askWhatIf({ scene, seen: history, item: whatIf }, model),
  };
  progress.end();
  return parts;
}

function modelOf({ manifest, engine }: Recommender): EvidenceModel {
  return {
    ...packOrigin(manifest),
    beta: manifest.fusion.beta,
    backend: engine.backend,
    device: engine.adapterName,
  };
}

async function rankedSlate({ history, top }: ExplanationRequest, recommender: Recommender) {
  const { score, answers } = recordScores(recommender.score);
  return { shown: await rankFor(history, top, { ...recommender, score }), answers };
}

function questioned(recommender: Recommender): Questioned {
  const { behaviour, films, manifest } = recommender;
  const slateSize = manifest.slate.size;
  return {
    ...recommender,
    beta: manifest.fusion.beta,
    slateOf: (history, seen) => proposeSlate({ history, seen }, { behaviour, films, slateSize }),
  };
}
