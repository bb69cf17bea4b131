import type { Failure } from "../core/failure.ts";
import type { ItemId } from "../core/ids.ts";
import type { Film } from "../model/film.ts";
import type { RankedItem } from "../scores/recommend.ts";
import type { Recommendation } from "../worker/protocol.ts";
import type { SampleAnswer } from "./sample-answer.ts";

/** A top list on screen, with what it was computed from and the films it names. */
export interface Answer {
  /** "sample": stored with the page and marked so; "computed": by the engine in this page. */
  readonly origin: "sample" | "computed";
  /** What a sample was computed with; null when this page's own engine did it. */
  readonly madeWith: SampleAnswer["madeWith"] | null;
  /** Kept films, oldest first. */
  readonly history: readonly ItemId[];
  readonly films: ReadonlyMap<ItemId, Film>;
  /** `ranked` is what is shown: the first of the slate. */
  readonly recommendation: Recommendation;
  /** The first of the model's ranking, more than are shown: what a version in force orders, and what chance picks from. */
  readonly slate: readonly RankedItem[];
  /** The version whose order is shown, 0 as trained. */
  readonly learned: number;
}

/** `shown` is what stays on screen: the answer before, while the next is computed or when it failed. */
export type AnswerState =
  | { readonly phase: "empty"; readonly shown: null }
  | { readonly phase: "shown"; readonly shown: Answer }
  | { readonly phase: "computing"; readonly request: number; readonly shown: Answer | null }
  | { readonly phase: "failed"; readonly failure: Failure; readonly shown: Answer | null };

export type AnswerEvent =
  | { readonly type: "sample-read"; readonly answer: Answer }
  | { readonly type: "asked"; readonly request: number }
  | { readonly type: "answered"; readonly request: number; readonly answer: Answer }
  /** The answer on screen in another order. */
  | { readonly type: "reordered"; readonly answer: Answer }
  | { readonly type: "failed"; readonly request: number; readonly failure: Failure };

/** A reply to any but the newest request is stale and changes nothing. */
export function advanceAnswer(state: AnswerState, event: AnswerEvent): AnswerState {
  switch (event.type) {
    case "sample-read":
      if (state.shown !== null) return state;
      return state.phase === "empty"
        ? { phase: "shown", shown: event.answer }
        : { ...state, shown: event.answer };
    case "asked":
      return { phase: "computing", request: event.request, shown: state.shown };
    case "answered":
      return isNewest(state, event.request) ? { phase: "shown", shown: event.answer } : state;
    case "reordered":
      return state.phase === "shown" ? { phase: "shown", shown: event.answer } : state;
    case "failed":
      return isNewest(state, event.request)
        ? { phase: "failed", failure: event.failure, shown: state.shown }
        : state;
    default:
      return event satisfies never;
  }
}

function isNewest(state: AnswerState, request: number): boolean {
  return state.phase === "computing" && state.request === request;
}
