import type { EffectMatrix, EffectQuestion, ItemEffects } from "../attribution/effect.ts";
import type { Failure } from "../core/failure.ts";
import type { ItemId } from "../core/ids.ts";
import type { Film } from "../model/film.ts";

/** A heatmap, whole or in the making: rows arrive one by one. */
export interface Explanation {
  readonly origin: "sample" | "computed";
  readonly question: EffectQuestion;
  /** Every kept film, oldest first; the row of `history[i]` is the one with `event === i`. */
  readonly history: readonly ItemId[];
  readonly candidates: readonly ItemId[];
  readonly films: ReadonlyMap<ItemId, Film>;
  readonly rows: readonly ItemEffects[];
  /** Steps of work done and expected; equal once the map is whole. */
  readonly done: number;
  readonly total: number;
}

export type ExplanationState =
  | { readonly phase: "none"; readonly shown: null }
  | { readonly phase: "running"; readonly request: number; readonly shown: Explanation }
  | { readonly phase: "whole"; readonly shown: Explanation }
  | { readonly phase: "cancelled"; readonly shown: Explanation }
  | { readonly phase: "failed"; readonly failure: Failure; readonly shown: Explanation };

export type ExplanationEvent =
  | { readonly type: "sample-read"; readonly explanation: Explanation }
  | { readonly type: "nothing-to-explain" }
  | { readonly type: "asked"; readonly request: number; readonly blank: Explanation }
  | {
      readonly type: "row-came";
      readonly request: number;
      readonly row: ItemEffects;
      readonly done: number;
      readonly total: number;
    }
  | { readonly type: "answered"; readonly request: number; readonly matrix: EffectMatrix }
  | { readonly type: "cancelled" }
  | { readonly type: "failed"; readonly request: number; readonly failure: Failure };

/** A row or matrix of any but the newest request is stale and changes nothing; a cancelled map keeps the rows it has. */
export function advanceExplanation(state: ExplanationState, event: ExplanationEvent): ExplanationState {
  switch (event.type) {
    case "sample-read":
      return state.phase === "none" ? { phase: "whole", shown: event.explanation } : state;
    case "nothing-to-explain":
      return { phase: "none", shown: null };
    case "asked":
      return { phase: "running", request: event.request, shown: event.blank };
    case "row-came": {
      if (state.phase !== "running" || state.request !== event.request) return state;
      const rows = [...state.shown.rows.filter((row) => row.event !== event.row.event), event.row];
      return { ...state, shown: { ...state.shown, rows, done: event.done, total: event.total } };
    }
    case "answered": {
      if (state.phase !== "running" || state.request !== event.request) return state;
      const { total } = state.shown;
      return { phase: "whole", shown: { ...state.shown, rows: event.matrix.rows, done: total } };
    }
    case "cancelled":
      return state.phase === "running" ? { phase: "cancelled", shown: state.shown } : state;
    case "failed":
      return state.phase === "running" && state.request === event.request
        ? { phase: "failed", failure: event.failure, shown: state.shown }
        : state;
    default:
      return event satisfies never;
  }
}
