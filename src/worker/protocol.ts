/**
 * @file The whole conversation between page and engine worker, as a table of calls: arguments, reply and progress of one call
 * cannot drift apart. Everything in it survives structured cloning.
 */
import type { AuditReport } from "../attribution/audit.ts";
import type { ChannelReport, ItemChannels } from "../attribution/channels.ts";
import type { Counterfactual, CounterfactualProgress } from "../attribution/counterfactual.ts";
import type {
  EffectMatrix,
  EffectMethod,
  EffectProgress,
  EffectQuestion,
  EffectValue,
} from "../attribution/effect.ts";
import type { TokenStrip } from "../attribution/token-strip.ts";
import type { WhatIf } from "../attribution/what-if.ts";
import type { Failure } from "../core/failure.ts";
import type { ItemId } from "../core/ids.ts";
import type { DescribedPrompt } from "../prompt/describe-prompt.ts";
import type { RankedSlate } from "../scores/recommend.ts";
import type { Told } from "../scores/told.ts";
import type { CallOf, HandlersOf } from "./call-table.ts";

export interface LoadProgress {
  readonly stage: "fetching" | "verifying" | "preparing" | "probing";
  /** Bytes of the stage "fetching", over base and pack together; 0 of 0 in the other stages. */
  readonly loadedBytes: number;
  readonly totalBytes: number;
}

export interface EngineInfo {
  readonly backend: "webgpu" | "wasm";
  readonly adapterName: string;
  readonly layers: number;
  readonly experts: number;
  readonly weightBytes: number;
  readonly peakBytes: number;
  /** Since load; null before the first forward pass. */
  readonly tokensPerSecond: number | null;
  /** Why a preferred backend is not the one running; null when it is. */
  readonly fallback: Failure | null;
}

export interface Recommendation extends RankedSlate {
  readonly promptTokens: number;
  readonly milliseconds: number;
}

/** The prompt as people can read it, with the gate that went with it. */
export interface PromptView extends DescribedPrompt {
  readonly gate: readonly number[];
}

/** A prediction that was shown: kept films, oldest first, and the films that were recommended. */
interface Shown {
  readonly history: readonly ItemId[];
  readonly candidates: readonly ItemId[];
}

/** Questions to the model so far, and expected. */
export interface WorkProgress {
  readonly done: number;
  readonly total: number;
}

export interface Calls {
  /** `baseUrl` and `packUrl` are folders on this origin, each with a manifest.json. */
  load: {
    args: {
      readonly baseUrl: string;
      readonly packUrl: string;
      readonly backend: "auto" | "webgpu" | "wasm";
    };
    reply: EngineInfo;
    progress: LoadProgress;
  };
  /**
   * `seen` is never recommended (every rated or watched item, kept or not). With `told`, though nothing be told, it is a question aside: the
   * prediction that was shown, and what was asked about it, stay. A pack that was not trained to read what is told refuses.
   */
  recommend: {
    args: {
      readonly history: readonly ItemId[];
      readonly seen: readonly ItemId[];
      readonly top: number;
      readonly told?: Told;
    };
    reply: Recommendation;
    progress: never;
  };
  /** `seed` is for what is drawn at random. Shapley values are exact, unless `pairs` says from how many pairs of orders to estimate them. */
  explain: {
    args: Shown & {
      readonly question: EffectQuestion;
      readonly value?: EffectValue;
      readonly method: EffectMethod;
      readonly seed: number;
      readonly pairs?: number;
    };
    reply: EffectMatrix;
    progress: EffectProgress;
  };
  channels: {
    args: Shown;
    reply: ChannelReport;
    progress: { readonly item: ItemChannels; readonly done: number; readonly total: number };
  };
  /** One strip for each candidate. */
  strip: {
    args: Shown & { readonly question: EffectQuestion };
    reply: readonly TokenStrip[];
    progress: never;
  };
  /** Puts a map of this pack to the test; its history and candidates are those of the prediction. */
  audit: {
    args: { readonly matrix: EffectMatrix; readonly seed: number };
    reply: AuditReport;
    progress: WorkProgress;
  };
  /**
   * The smallest edit of the history that makes `target` number one of the whole slate. `seen` stays off every slate, whatever an edit takes
   * out. `additions` may be added, besides removals; `budget` is the most questions to the model.
   */
  counterfactual: {
    args: {
      readonly history: readonly ItemId[];
      readonly seen: readonly ItemId[];
      readonly target: ItemId;
      readonly additions: readonly ItemId[];
      readonly budget: number;
    };
    reply: Counterfactual;
    progress: CounterfactualProgress;
  };
  /** What the slate of this history becomes with `item` watched last. */
  whatIf: {
    args: {
      readonly history: readonly ItemId[];
      readonly seen: readonly ItemId[];
      readonly item: ItemId;
    };
    reply: WhatIf;
    progress: never;
  };
  /** Everything that was said about the prediction a map explains, with the model's raw answers behind it, as a JSON text (docs/formats.md, section 8). */
  evidence: {
    args: Shown & {
      readonly question: EffectQuestion;
      readonly value?: EffectValue;
      readonly method: EffectMethod;
      readonly pairs?: number;
    };
    reply: string;
    progress: never;
  };
  inspect: {
    args: Shown;
    reply: PromptView;
    progress: never;
  };
  status: { args: Record<string, never>; reply: EngineInfo; progress: never };
}

export type CallName = keyof Calls;

/** How the page reaches the engine. */
export type Call = CallOf<Calls>;

export type Handlers = HandlersOf<Calls>;
