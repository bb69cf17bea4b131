/**
 * @file Effects of history items on candidates, in the model: exact, since we own it and intervene. They say nothing about the person.
 *
 * For which quantity a shown number is true. A leave-one-out row of question "total" is what happens when the item is really taken
 * out: `deltaNats` for the verdict log-odds and `deltaShown` for the shown score (a candidate's own: no other's changes them). On the page this
 * holds while no older item moves into the prompt, that is, for histories of at most `promptItems` films; with more, the page shows
 * what the older one does besides. `deltaProbability` holds for the candidates asked for, as the slate: the page's slate is proposed anew and
 * larger. The other methods' numbers are means over many such runs, and no single one of them.
 */
import type { EventIndex, ItemId } from "../core/ids.ts";

/** "total": SASRec state, gate and prompt all recomputed without the item. "prompt-only": the gate is held. */
export type EffectQuestion = "total" | "prompt-only";

/**
 * v, which effects are differences of. "verdict": the candidate's own verdict log-odds. "contrast": these less the mean over the candidates: why this
 * one rather than the others. What lifts all candidates alike changes no ranking, and is nothing of a contrast (docs/decisions/0008).
 */
export type EffectValue = "verdict" | "contrast";

/**
 * "leave-one-out": v(all) - v(all without i). "replacement": v(all) - mean over stand-ins j of v(all with j in place of i). "shapley": the
 * mean over all orders of v(those before i and i) - v(those before i).
 */
export type EffectMethod = "leave-one-out" | "replacement" | "shapley";

/** What one history item did to every candidate. */
export interface ItemEffects {
  readonly event: EventIndex;
  readonly item: ItemId;
  /** Nats of v, in the order of the candidates. Positive: the item speaks for the candidate. */
  readonly deltaNats: readonly number[];
  /** The same difference in slate probability (percentage points / 100), the slate being the candidates asked for. */
  readonly deltaProbability: readonly number[];
  /** The same difference in the shown score (verdict + beta * SASRec). */
  readonly deltaShown: readonly number[];
  /** Standard error of `deltaNats`, nats. Absent where nothing was drawn at random, or only once. */
  readonly standardError?: readonly number[];
  /** The stand-ins whose mean was taken ("replacement"). */
  readonly replacedBy?: readonly ItemId[];
}

export interface EffectMatrix {
  readonly method: EffectMethod;
  readonly question: EffectQuestion;
  /** Absent: "verdict". */
  readonly value?: EffectValue;
  readonly history: readonly ItemId[];
  readonly candidates: readonly ItemId[];
  /** v(all), nats, per candidate. */
  readonly fullVerdict: readonly number[];
  /** One row per history item that stands in the prompt, oldest first. */
  readonly rows: readonly ItemEffects[];
  /** How many questions the model was asked for this matrix, each of them once. Questions share passes of the engine. */
  readonly forwardPasses: number;
  /** Repeats the draws. Absent where nothing was drawn at random. */
  readonly seed?: number;
  /** Pairs of an order and its reverse that were drawn (sampled Shapley). */
  readonly pairs?: number;
}

/** What a method tells while it works. */
export interface EffectProgress {
  /** Rows that are new or better known than before; none yet where all come at the end. */
  readonly rows: readonly ItemEffects[];
  /** Steps of the method's own work; equal at the end. */
  readonly done: number;
  readonly total: number;
}

export interface EffectOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: EffectProgress) => void) | undefined;
}
