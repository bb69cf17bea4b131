import type { AnswerEvent } from "./answer-state.ts";
import type { AppState, AppStoreParts } from "./app-state.ts";
import type { CatalogueEvent } from "./catalogue-state.ts";
import type { EngineEvent } from "./engine-state.ts";
import type { ExplanationEvent } from "./explanation-state.ts";
import type { HistoryStateEvent } from "./history-state.ts";
import type { InquiryEventOf, InquiryName } from "./inquiries.ts";
import type { InspectionEvent } from "./inspection-state.ts";
import type { LatestOnly } from "./latest-only.ts";
import type { PendingEdits } from "./pending-edits.ts";

/** What an intention works with: the outside world, the state, and one way to tell each part of it what happened. */
export interface Context extends AppStoreParts {
  readonly get: () => AppState;
  readonly set: (
    part: Partial<
      Pick<AppState, "question" | "value" | "method" | "effort" | "learned" | "samples" | "about">
    >,
  ) => void;
  readonly tell: {
    readonly engine: (event: EngineEvent) => void;
    readonly catalogue: (event: CatalogueEvent) => void;
    readonly history: (event: HistoryStateEvent) => void;
    readonly answer: (event: AnswerEvent) => void;
    readonly explanation: (event: ExplanationEvent) => void;
    readonly inspection: (event: InspectionEvent) => void;
    readonly inquiries: { readonly [Name in InquiryName]: (event: InquiryEventOf<Name>) => void };
  };
  readonly answers: LatestOnly;
  readonly explanations: LatestOnly;
  readonly inquiries: { readonly [Name in InquiryName]: LatestOnly };
  readonly historyEdits: PendingEdits;
}
