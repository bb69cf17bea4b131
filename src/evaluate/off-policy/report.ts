/** @file Every estimator of one question, or the verdict that the log cannot answer it. */
import { tInterval } from "../../core/student-t.ts";
import { controlVariateDr } from "./control-variates.ts";
import { type Contributions, directMethod, doublyRobust, drOs, ips, snips, switchDr } from "./estimators.ts";
import { type Band, bootstrapBand, empiricalBernstein } from "./intervals.ts";
import { describeOverlap, LEAST_EFFECTIVE_SIZE, type Overlap } from "./overlap.ts";
import type { FittedQuestion } from "./question.ts";
import { asTheyAre, weigh } from "./weights.ts";

/** What a reader of a value has to know about it. */
export type EstimateNote =
  /** Weights were clipped, which shifts the value by about `bias` = -mean (w - tau)_+ (y - ghat), ghat 0 for IPS. */
  | { readonly kind: "clipped"; readonly share: number; readonly bias: number }
  /** Rounds that were left to the reward model. */
  | { readonly kind: "switched"; readonly share: number }
  /** Weights were shrunk, the largest most: biased towards the reward model. */
  | { readonly kind: "shrunk" }
  /** As biased as the reward model, which the interval does not know. */
  | { readonly kind: "model-only" }
  /** The target chooses what could not be drawn. */
  | { readonly kind: "uncovered"; readonly mass: number };

export interface EstimatorRow {
  readonly name: "IPS" | "SNIPS" | "DM" | "DR" | "Switch-DR" | "DRos" | "CV-DR";
  readonly value: number;
  readonly standardError: number;
  /** 95 %; empirical Bernstein in short logs, Student's t otherwise. */
  readonly interval: Band & { readonly kind: "t" | "empirical-bernstein" };
  /** 95 % by resampling. */
  readonly bootstrap: Band;
  readonly notes: readonly EstimateNote[];
}

export type OffPolicyReport =
  | { readonly kind: "not-enough-data"; readonly overlap: Overlap; readonly leastEffectiveSize: number }
  | { readonly kind: "estimated"; readonly overlap: Overlap; readonly estimates: readonly EstimatorRow[] };

export interface ReportSettings {
  /** Largest weight of IPS, SNIPS and DR. */
  readonly clip: number;
  /** Of Switch-DR. */
  readonly tau: number;
  /** Of DRos. */
  readonly lambda: number;
  /** Of control-variate DR. */
  readonly folds: number;
  readonly resamples: number;
  readonly seed: number;
}

export const DEFAULT_SETTINGS: ReportSettings = {
  clip: 10,
  tau: 10,
  lambda: 100,
  folds: 5,
  resamples: 1000,
  seed: 0,
};

/** Below this many rounds a t interval is too trusting. */
const SHORT_LOG = 200;

/** `users` names the user of each round; null where all are one person's. */
export function reportPolicyValue(
  question: FittedQuestion,
  users: readonly string[] | null,
  settings: ReportSettings,
): OffPolicyReport {
  const { clip, tau, lambda, folds } = settings;
  const overlap = describeOverlap(question, clip);
  if (overlap.effectiveSize < LEAST_EFFECTIVE_SIZE)
    return { kind: "not-enough-data", overlap, leastEffectiveSize: LEAST_EFFECTIVE_SIZE };
  const { weight, reward, fitted } = weigh(question, asTheyAre);
  const shareAbove = (limit: number) => weight.filter((w) => w > limit).length / weight.length;
  const clipped = (isFitted: boolean): EstimateNote[] => {
    if (overlap.clippedShare === 0) return [];
    const excess = weight.map(
      (w, i) => Math.max(0, w - clip) * ((reward[i] as number) - (isFitted ? (fitted[i] as number) : 0)),
    );
    const bias = -excess.reduce((sum, each) => sum + each, 0) / weight.length;
    return [{ kind: "clipped", share: overlap.clippedShare, bias }];
  };
  const uncovered: EstimateNote[] =
    overlap.uncoveredMass > 0 ? [{ kind: "uncovered", mass: overlap.uncoveredMass }] : [];
  const row = (
    name: EstimatorRow["name"],
    contributions: Contributions,
    notes: readonly EstimateNote[],
  ): EstimatorRow => {
    const { value, standardError, low, high } = tInterval(contributions.perRound);
    return {
      name,
      value,
      standardError,
      interval:
        overlap.n < SHORT_LOG
          ? { kind: "empirical-bernstein", ...empiricalBernstein(contributions) }
          : { kind: "t", low, high },
      bootstrap: bootstrapBand(contributions, users, settings),
      notes: name === "DM" ? notes : [...notes, ...uncovered],
    };
  };
  const switched = shareAbove(tau);
  return {
    kind: "estimated",
    overlap,
    estimates: [
      row("IPS", ips(question, { clip }), clipped(false)),
      row("SNIPS", snips(question, { clip }), clipped(false)),
      row("DM", directMethod(question), [{ kind: "model-only" }]),
      row("DR", doublyRobust(question, { clip }), clipped(true)),
      row(
        "Switch-DR",
        switchDr(question, { tau }),
        switched > 0 ? [{ kind: "switched", share: switched }] : [],
      ),
      row("DRos", drOs(question, { lambda }), [{ kind: "shrunk" }]),
      row("CV-DR", controlVariateDr(question, { folds }), []),
    ],
  };
}
