/**
 * @file The evidence bundle (docs/formats.md, section 8): every figure of an explanation beside the model's raw answers that it is computed
 * from, so that someone else can compute it again. `training/recompute_evidence.py` does, without any of this code.
 */
import type { ItemId } from "../core/ids.ts";
import { present } from "../core/invariant.ts";
import { softmax } from "../core/softmax.ts";
import type { PackManifest } from "../model/pack-manifest.ts";
import type { RankedSlate } from "../scores/recommend.ts";
import type { ScoreFn, SlateQuery, SlateScores } from "../scores/score-fn.ts";
import type { TokenScore, TokenScoreFn } from "../scores/token-scores.ts";
import type { AuditReport } from "./audit.ts";
import type { ChannelReport } from "./channels.ts";
import type { Counterfactual } from "./counterfactual.ts";
import type { EffectMatrix, EffectQuestion } from "./effect.ts";
import type { Scene } from "./intervention.ts";
import type { TokenStrip } from "./token-strip.ts";
import type { WhatIf } from "./what-if.ts";

export const EVIDENCE_SCHEMA = "becausal-evidence/1";

/** A question, and what the model said before anything was computed from it. `shown` and `probability` follow with beta. */
export interface RecordedAnswer
  extends Omit<SlateQuery, "candidates">,
    Pick<SlateScores, "verdict" | "sasrec" | "gate"> {
  /** Absent: the scene's candidates. */
  readonly candidates?: readonly ItemId[];
}

export interface RecordedTokens extends Omit<SlateQuery, "candidates"> {
  readonly candidates?: readonly ItemId[];
  /** Per candidate. */
  readonly titles: readonly (readonly TokenScore[])[];
}

/** Figures, and the answers behind them in the order in which they were asked for. */
export interface Evidenced<Shown> {
  readonly answers: readonly RecordedAnswer[];
  readonly shown: Shown;
}

/** `answers` are what was asked besides the map's own questions, whose answers were used again. */
export interface AuditEvidence extends Evidenced<AuditReport> {
  /** Of the random groups; the redrawn maps have seeds of their own. */
  readonly seed: number;
  /** Of the model with random weights. */
  readonly controlSeed: number;
  readonly controlAnswers: readonly RecordedAnswer[];
  /** The map of the model with random weights. */
  readonly controlMap: EffectMatrix;
  /** The maps with other draws. */
  readonly redrawn: readonly EffectMatrix[];
}

/** What answered. */
export interface EvidenceModel {
  readonly pack: {
    readonly name: string;
    readonly adapterSha256: string;
    readonly sasrecSha256: string;
    readonly catalogueSha256: string;
  };
  readonly base: { readonly sha256: string; readonly layers: number };
  /** Shown score = verdict + beta * SASRec score. */
  readonly beta: number;
  readonly backend: string;
  /** The device, in its own words. */
  readonly device: string;
}

/** Which files a model is made of. */
export function packOrigin({
  name,
  adapter,
  sasrec,
  catalogue,
  base,
}: PackManifest): Pick<EvidenceModel, "pack" | "base"> {
  return {
    pack: {
      name,
      adapterSha256: adapter.sha256,
      sasrecSha256: sasrec.sha256,
      catalogueSha256: catalogue.sha256,
    },
    base,
  };
}

/** Whatever was not asked for is null. */
export interface EvidenceParts {
  readonly model: EvidenceModel;
  readonly scene: Scene;
  readonly question: EffectQuestion;
  readonly slate: Evidenced<RankedSlate> | null;
  readonly effects: Evidenced<EffectMatrix>;
  readonly channels: Evidenced<ChannelReport> | null;
  readonly strips: {
    readonly answers: readonly RecordedTokens[];
    readonly shown: readonly TokenStrip[];
  } | null;
  readonly audit: AuditEvidence | null;
  readonly counterfactual: Evidenced<Counterfactual> | null;
  readonly whatIf: Evidenced<WhatIf> | null;
}

export interface Evidence extends EvidenceParts {
  readonly schema: typeof EVIDENCE_SCHEMA;
  /** The name of every item that the bundle mentions, by number. */
  readonly films: Readonly<Record<string, string>>;
}

/** The bundle as data. `nameOf` is asked for every item that is mentioned. */
export function makeEvidence(parts: EvidenceParts, nameOf: (item: ItemId) => string): Evidence {
  const { scene, slate, effects, channels, strips, audit, counterfactual, whatIf } = parts;
  const isScenes = (candidates: readonly ItemId[] | undefined) =>
    candidates?.length === scene.candidates.length &&
    candidates.every((item, c) => item === scene.candidates[c]);
  const brief = <Answer extends { readonly candidates?: readonly ItemId[] }>(answers: readonly Answer[]) =>
    answers.map((answer) => {
      const { candidates, ...rest } = answer;
      return isScenes(candidates) ? rest : answer;
    });
  const evidenced = <Part extends { readonly answers: readonly RecordedAnswer[] }>(part: Part | null) =>
    part === null ? null : { ...part, answers: brief(part.answers) };
  const bundle = {
    schema: EVIDENCE_SCHEMA,
    model: parts.model,
    scene,
    question: parts.question,
    slate: evidenced(slate),
    effects: { ...effects, answers: brief(effects.answers) },
    channels: evidenced(channels),
    strips: strips === null ? null : { ...strips, answers: brief(strips.answers) },
    audit:
      audit === null
        ? null
        : { ...audit, answers: brief(audit.answers), controlAnswers: brief(audit.controlAnswers) },
    counterfactual: evidenced(counterfactual),
    whatIf: evidenced(whatIf),
  } as const;
  const films = [...mentioned(parts)].sort((a, b) => a - b).map((item) => [item, nameOf(item)] as const);
  return { ...bundle, films: Object.fromEntries(films) };
}

/** Every item of a question, hence every item of a figure but those that were only looked at as additions or stand-ins and never asked about. */
function mentioned(parts: EvidenceParts): Set<ItemId> {
  const { scene, slate, effects, channels, strips, audit, counterfactual, whatIf } = parts;
  const answers = [
    ...[slate, effects, channels, audit, counterfactual, whatIf].flatMap((part) => part?.answers ?? []),
    ...(audit?.controlAnswers ?? []),
    ...(strips?.answers ?? []),
  ];
  return new Set([
    ...scene.history,
    ...scene.candidates,
    ...answers.flatMap(({ history, candidates = [] }) => [...history, ...candidates]),
  ]);
}

/** `score` hands on what `inner` answers and keeps it in `answers`, in the order of the questions within each call. */
export function recordScores(inner: ScoreFn): {
  readonly score: ScoreFn;
  readonly answers: readonly RecordedAnswer[];
} {
  const answers: RecordedAnswer[] = [];
  const score: ScoreFn = async (queries, signal, onScored) => {
    const scores = await inner(queries, signal, onScored);
    for (const [i, query] of queries.entries()) {
      const { verdict, sasrec, gate } = present(scores[i], `the answer to query ${i}`);
      answers.push({ ...query, verdict, sasrec, gate });
    }
    return scores;
  };
  return { score, answers };
}

/** Questions with their whole answers, out of what was recorded. */
export function recalled(answers: readonly RecordedAnswer[], beta: number): [SlateQuery, SlateScores][] {
  return answers.flatMap(({ verdict, sasrec, gate, candidates, ...query }): [SlateQuery, SlateScores][] => {
    if (candidates === undefined) return [];
    const shown = verdict.map((value, c) => value + beta * present(sasrec[c], "a recommender score"));
    return [
      [
        { ...query, candidates },
        { verdict, sasrec, shown, probability: softmax(shown), gate },
      ],
    ];
  });
}

/** As {@link recordScores}, for titles token by token. */
export function recordTokenScores(inner: TokenScoreFn): {
  readonly tokenScore: TokenScoreFn;
  readonly answers: readonly RecordedTokens[];
} {
  const answers: RecordedTokens[] = [];
  const tokenScore: TokenScoreFn = async (queries, signal) => {
    const scores = await inner(queries, signal);
    for (const [i, query] of queries.entries())
      answers.push({ ...query, titles: present(scores[i], `the answer to query ${i}`) });
    return scores;
  };
  return { tokenScore, answers };
}
