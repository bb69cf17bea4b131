/**
 * @file What the rest of the app knows of the engine: packed prompts in, numbers out. Two backends stand behind it (WebGPU and
 * WASM); the model graph is written once.
 */
import type { ItemId, TokenId } from "../core/ids.ts";
import type { PackedPrompt } from "../prompt/packed-prompt.ts";

export type BackendName = "webgpu" | "wasm";

/** K gate weights, scaled so that uniform is 1. */
export type Gate = readonly number[];

export interface EnginePrompt {
  readonly packed: PackedPrompt;
  readonly gate: Gate;
}

/**
 * Hears the answer to prompt `index` as soon as its pass is done, in no fixed order; not for a prompt without branches. A request
 * that is repeated on another device answers anew.
 */
export type OnAnswer = (index: number, verdicts: Float32Array) => void;

export interface TokenProbability {
  readonly token: TokenId;
  readonly text: string;
  readonly probability: number;
}

export interface EngineMemory {
  /** Bytes of model weights held by the backend (packed: see `ops/linear/linear.ts`). */
  readonly weightBytes: number;
  /** Most bytes of tensors alive at once since load, weights included; what a kernel makes for itself is not counted. */
  readonly peakBytes: number;
  /** Tensors alive now: flat between requests, or something leaks. */
  readonly tensors: number;
}

/** A model that can be asked for verdicts: an engine's, or its control's. */
export interface VerdictModel {
  /**
   * Verdict log-odds at every branch's read-out, one Float32Array [branches] per prompt. What prompts of the same gate have in common
   * is computed once: ask together what belongs together.
   * Rejects with `cancelled` soon after the signal aborts, between layers at the latest.
   */
  verdicts(
    prompts: readonly EnginePrompt[],
    signal?: AbortSignal,
    onAnswer?: OnAnswer,
  ): Promise<Float32Array[]>;
}

/**
 * The weight-randomised control of a pack (Adebayo et al. 2018): the same base and SASRec under low-rank factors, projector, null vector,
 * gate and verdict head that are drawn anew. An explanation that looks the same under it does not explain what was learnt.
 */
export interface RandomisedControl extends VerdictModel {
  /** Gate and slot embeddings as drawn anew; states and item scores are the pack's. */
  readonly behaviour: BehaviourModel;
}

/** The base model with a pack's adapter, on one backend. Calls are answered one at a time, in order. */
export interface Engine extends VerdictModel {
  readonly backend: BackendName;
  /** The GPU adapter's own description; "WebAssembly SIMD" style text on WASM. */
  readonly adapterName: string;
  readonly layers: number;

  /**
   * ln p of every text token of the branches, given all that it may attend to before it and among the whole vocabulary: one
   * Float32Array [length] per prompt. A branch's first token is predicted at the end of the prefix, the one behind a behaviour slot at that
   * slot. NaN in the prefix, at behaviour slots, and where nothing comes before. Rejects as `verdicts` does.
   */
  tokenLogProbs(prompts: readonly EnginePrompt[], signal?: AbortSignal): Promise<Float32Array[]>;

  /**
   * The control of the pack whose tensors the seed draws: the same seed draws the same on every backend. It is uploaded with its first
   * question and stays, one per engine, until another seed's is asked or the engine disposed of.
   */
  control(seed: number): RandomisedControl;

  /**
   * The `top` likeliest next tokens of the bare base model (no adapter, no behaviour) after a text, likeliest first.
   * Rejects with `bad-request` for an empty text or one beyond the base's context, and with `cancelled`.
   */
  nextToken(tokens: readonly TokenId[], top: number, signal?: AbortSignal): Promise<TokenProbability[]>;

  memory(): EngineMemory;
  /** Positions pushed through the graph and milliseconds it took, since load. */
  throughput(): { readonly tokens: number; readonly milliseconds: number };
  dispose(): void;
}

/** SASRec and what hangs on its state. Plain arrays on the CPU: it is a thousandth of the language model's work. */
export interface BehaviourModel {
  readonly items: number;
  readonly experts: number;
  /** State z [dim] of a history, oldest first; the zero vector for an empty one. */
  state(history: readonly ItemId[]): Float32Array;
  /** K gate weights, scaled so that uniform is 1. */
  gate(state: Float32Array): Gate;
  /** z · e_i for the whole catalogue, [items]. */
  itemScores(state: Float32Array): Float32Array;
  /** z · e_i of one item. */
  itemScore(state: Float32Array, item: ItemId): number;
  /** Projected input embedding of a behaviour slot, [embedding width]. */
  embed(item: ItemId): Float32Array;
  /** Input embedding of a slot when the behaviour channel is off, [embedding width]. */
  readonly nullBehaviour: Float32Array;
}
