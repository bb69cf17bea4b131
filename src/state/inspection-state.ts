import type { Failure } from "../core/failure.ts";
import type { ItemId } from "../core/ids.ts";
import type { Film } from "../model/film.ts";
import type { PromptView } from "../worker/protocol.ts";

/** The prompt behind the answer on screen. */
export type InspectionState =
  | { readonly phase: "none" }
  | { readonly phase: "shown"; readonly view: PromptView; readonly films: ReadonlyMap<ItemId, Film> }
  | { readonly phase: "failed"; readonly failure: Failure };

export type InspectionEvent =
  | { readonly type: "inspected"; readonly view: PromptView; readonly films: ReadonlyMap<ItemId, Film> }
  | { readonly type: "failed"; readonly failure: Failure };

export function advanceInspection(_: InspectionState, event: InspectionEvent): InspectionState {
  switch (event.type) {
    case "inspected":
      return { phase: "shown", view: event.view, films: event.films };
    case "failed":
      return { phase: "failed", failure: event.failure };
    default:
      return event satisfies never;
  }
}
