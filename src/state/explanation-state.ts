import type {
  EffectMatrix,
  EffectMethod,
  EffectQuestion,
  EffectValue,
  ItemEffects,
} from "../attribution/effect.ts";
import type { Failure } from "../core/failure.ts";
import type { ItemId } from "../core/ids.ts";
import type { Film } from "../model/film.ts";

/** A heatmap, whole or in the making: rows arrive one by one, or get better from step to step. */
export interface Explanation {
  readonly origin: "sample" | "computed";
  readonly question: EffectQuestion;
  readonly value: EffectValue;
  readonly method: EffectMethod;
  /** Every kept film, oldest first; the row of `history[i]` is the one with `event === i`. */
  readonly history: readonly ItemId[];
  readonly candidates: readonly ItemId[];
  readonly films: ReadonlyMap<ItemId, Film>;
  /** As computed so far; a map that refines an estimate begins with the estimate's. */
  readonly rows: readonly ItemEffects[];
  /** The finished map; null until it is whole. */
  readonly matrix: EffectMatrix | null;
  /** Steps of the method's work, done and expected; equal once the map is whole. */
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
      readonly type: "progressed";
      readonly request: number;
      /** New, or better known than before. */
      readonly rows: readonly ItemEffects[];
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
    case "progressed": {
      if (state.phase !== "running" || state.request !== event.request) return state;
      const newer = new Set(event.rows.map((row) => row.event));
      const rows =
        newer.size === 0
          ? state.shown.rows
          : [...state.shown.rows.filter((row) => !newer.has(row.event)), ...event.rows];
      return { ...state, shown: { ...state.shown, rows, done: event.done, total: event.total } };
    }
    case "answered": {
      if (state.phase !== "running" || state.request !== event.request) return state;
      const { matrix } = event;
      const { total } = state.shown;
      return { phase: "whole", shown: { ...state.shown, rows: matrix.rows, matrix, done: total } };
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
