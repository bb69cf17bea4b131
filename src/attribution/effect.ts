import type { EventIndex, ItemId } from "../core/ids.ts";

/** "total": SASRec state, gate and prompt all recomputed without the item. "prompt-only": the gate is held. */
export type EffectQuestion = "total" | "prompt-only";

/** What one history item did to every candidate: v(all) - v(all without it). */
export interface ItemEffects {
  readonly event: EventIndex;
  readonly item: ItemId;
  /** Nats of verdict log-odds, in the order of the candidates. Positive: the item speaks for the candidate. */
  readonly deltaNats: readonly number[];
  /** The same difference in slate probability (percentage points / 100), the slate being the candidates asked for. */
  readonly deltaProbability: readonly number[];
  /** The same difference in the shown score (verdict + beta * SASRec). */
  readonly deltaShown: readonly number[];
}

export interface EffectMatrix {
  readonly question: EffectQuestion;
  readonly history: readonly ItemId[];
  readonly candidates: readonly ItemId[];
  /** v(all), nats, per candidate. */
  readonly fullVerdict: readonly number[];
  /** One row per history item that stands in the prompt, oldest first. */
  readonly rows: readonly ItemEffects[];
  /** How often the model was really run for this matrix: once with everything and once for each row. Runs share passes. */
  readonly forwardPasses: number;
}
