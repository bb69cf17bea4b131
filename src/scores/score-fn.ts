import type { ItemId } from "../core/ids.ts";
import type { PersonaPlace, TasteExamples } from "../prompt/build-prompt.ts";

/** One question to the model: how do these candidates score after this history? */
export interface SlateQuery {
  /** Kept items, oldest first. */
  readonly history: readonly ItemId[];
  readonly candidates: readonly ItemId[];
  /**
   * How many of the last items stand in the prompt; the recommender sees all. Default: the pack's number. An intervention that takes
   * an item out asks for one fewer, or an older item would move in and be part of the effect.
   */
  readonly promptItems?: number;
  /** Gate weights to hold instead of the history's own (controls). */
  readonly heldGate?: readonly number[];
  /** History whose gate is held instead of this one's own (prompt-only effects). Not together with `heldGate`. */
  readonly gateHistory?: readonly ItemId[];
  /** False replaces every behaviour slot by the null vector. Default true. */
  readonly behaviour?: boolean;
  /**
   * Places in `history`, 0 the oldest, whose title is the neutral one ("a movie", as in training). The recommender and the gate know
   * the item all the same.
   */
  readonly mutedText?: readonly number[];
  /** Places in `history` whose behaviour slot holds the trained null vector; recommender and gate know the item all the same. */
  readonly mutedBehaviour?: readonly number[];
  /** Told before the history, to packs that were trained to read it (PBA). Recommender and gate know nothing of it. */
  readonly persona?: PersonaPlace;
  /** Shown before the history, to packs that were trained to read them (ICA). Recommender and gate know nothing of them. */
  readonly examples?: TasteExamples;
}

/** Answer in the order of `candidates`. */
export interface SlateScores {
  /** v: verdict log-odds in nats. */
  readonly verdict: readonly number[];
  /** SASRec item scores z · e. */
  readonly sasrec: readonly number[];
  /** verdict + beta * sasrec: what the slate is ranked by. */
  readonly shown: readonly number[];
  /** Softmax of `shown` over the candidates. */
  readonly probability: readonly number[];
  /** Gate weights the forward pass used; uniform is 1. */
  readonly gate: readonly number[];
}

/**
 * Scores a batch of questions; what they have in common is computed once. `onScored` hears the answer to question `index` as soon as
 * it is there, in no fixed order, and again where the work had to be repeated. Everything downstream (attribution, evaluation) knows
 * only this.
 */
export type ScoreFn = (
  queries: readonly SlateQuery[],
  signal?: AbortSignal,
  onScored?: (index: number, scores: SlateScores) => void,
) => Promise<SlateScores[]>;
