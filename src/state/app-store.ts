/** @file The page's state and everything a person can ask of it. Made, not imported: tests pass a fake `call`, main.tsx the worker's. */
import { createStore, type StoreApi } from "zustand/vanilla";
import { advanceAnswer } from "./answer-state.ts";
import type { AppState, AppStoreParts } from "./app-state.ts";
import { advanceCatalogue } from "./catalogue-state.ts";
import type { Context } from "./context.ts";
import { advanceEngine } from "./engine-state.ts";
import { advanceExplanation } from "./explanation-state.ts";
import { advanceHistory, historyBeforeLoad } from "./history-state.ts";
import { type InquiryEventOf, type InquiryName, noInquiries } from "./inquiries.ts";
import { advanceInquiry } from "./inquiry.ts";
import { advanceInspection } from "./inspection-state.ts";
import { makeIntentions } from "./intentions.ts";
import { makeLatestOnly } from "./latest-only.ts";
import { makePendingEdits } from "./pending-edits.ts";

export interface AppStore {
  readonly state: StoreApi<AppState>;
  readonly intentions: ReturnType<typeof makeIntentions>;
}

export function makeAppStore(parts: AppStoreParts): AppStore {
  const state = createStore<AppState>(() => ({
    engine: { phase: "idle" },
    catalogue: { phase: "loading" },
    history: historyBeforeLoad,
    answer: { phase: "empty", shown: null },
    explanation: { phase: "none", shown: null },
    inspection: { phase: "none" },
    inquiries: noInquiries,
    question: "total",
    value: "verdict",
    method: "leave-one-out",
    effort: "first",
    learned: null,
    samples: [],
    about: null,
  }));
  const set = state.setState;
  const inquiry =
    <Name extends InquiryName>(name: Name) =>
    (event: InquiryEventOf<Name>): void =>
      set(({ inquiries }) => ({
        inquiries: { ...inquiries, [name]: advanceInquiry(inquiries[name], event) },
      }));
  const context: Context = {
    ...parts,
    get: state.getState,
    set,
    tell: {
      engine: (event) => set(({ engine }) => ({ engine: advanceEngine(engine, event) })),
      catalogue: (event) => set(({ catalogue }) => ({ catalogue: advanceCatalogue(catalogue, event) })),
      history: (event) => set(({ history }) => ({ history: advanceHistory(history, event) })),
      answer: (event) => set(({ answer }) => ({ answer: advanceAnswer(answer, event) })),
      explanation: (event) =>
        set(({ explanation }) => ({ explanation: advanceExplanation(explanation, event) })),
      inspection: (event) => set(({ inspection }) => ({ inspection: advanceInspection(inspection, event) })),
      inquiries: {
        audit: inquiry("audit"),
        channels: inquiry("channels"),
        strip: inquiry("strip"),
        counterfactual: inquiry("counterfactual"),
        whatIf: inquiry("whatIf"),
      },
    },
    answers: makeLatestOnly(),
    explanations: makeLatestOnly(),
    inquiries: {
      audit: makeLatestOnly(),
      channels: makeLatestOnly(),
      strip: makeLatestOnly(),
      counterfactual: makeLatestOnly(),
      whatIf: makeLatestOnly(),
    },
    historyEdits: makePendingEdits(),
  };
  return { state, intentions: makeIntentions(context) };
}
