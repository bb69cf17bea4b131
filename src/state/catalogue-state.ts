import type { Failure } from "../core/failure.ts";
import type { FilmIndex } from "./film-index.ts";
import type { FilmSearch } from "./film-search.ts";

export type CatalogueState =
  | { readonly phase: "loading" }
  | { readonly phase: "ready"; readonly index: FilmIndex; readonly search: FilmSearch }
  | { readonly phase: "failed"; readonly failure: Failure };

export type CatalogueEvent =
  | { readonly type: "load-started" }
  | { readonly type: "read"; readonly index: FilmIndex; readonly search: FilmSearch }
  | { readonly type: "failed"; readonly failure: Failure };

export function advanceCatalogue(state: CatalogueState, event: CatalogueEvent): CatalogueState {
  switch (event.type) {
    case "load-started":
      return state.phase === "ready" ? state : { phase: "loading" };
    case "read":
      return { phase: "ready", index: event.index, search: event.search };
    case "failed":
      return state.phase === "ready" ? state : { phase: "failed", failure: event.failure };
    default:
      return event satisfies never;
  }
}
