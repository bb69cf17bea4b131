import type { LearnedPolicy } from "../adapt/learned-order.ts";
import type { EffectMethod, EffectQuestion, EffectValue } from "../attribution/effect.ts";
import type { HistoryStore } from "../history/history-store.ts";
import type { Call } from "../worker/protocol.ts";
import type { About } from "./about.ts";
import type { AnswerState } from "./answer-state.ts";
import type { Assets } from "./assets.ts";
import type { CatalogueState } from "./catalogue-state.ts";
import type { EngineState } from "./engine-state.ts";
import type { ExplanationState } from "./explanation-state.ts";
import type { HistoryState } from "./history-state.ts";
import type { Inquiries } from "./inquiries.ts";
import type { InspectionState } from "./inspection-state.ts";
import type { SampleHistory } from "./sample-histories.ts";
import type { ShapleyEffort } from "./shapley-effort.ts";

export interface AppState {
  readonly engine: EngineState;
  readonly catalogue: CatalogueState;
  readonly history: HistoryState;
  readonly answer: AnswerState;
  readonly explanation: ExplanationState;
  readonly inspection: InspectionState;
  readonly inquiries: Inquiries;
  /** Which effect the heatmap shows. */
  readonly question: EffectQuestion;
  /** What it is an effect on. */
  readonly value: EffectValue;
  /** How it is computed. */
  readonly method: EffectMethod;
  readonly effort: ShapleyEffort;
  /** What was learned on this device and is in force; null: the model as it was trained. */
  readonly learned: LearnedPolicy | null;
  readonly samples: readonly SampleHistory[];
  readonly about: About | null;
}

export interface AppStoreParts {
  readonly call: Call;
  readonly history: HistoryStore;
  readonly assets: Assets;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly model: {
    readonly baseUrl: string;
    readonly packUrl: string;
    readonly backend: "auto" | "webgpu" | "wasm";
  };
}
