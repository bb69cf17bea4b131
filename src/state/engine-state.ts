import type { Failure } from "../core/failure.ts";
import type { EngineInfo, LoadProgress } from "../worker/protocol.ts";

export type EngineState =
  | { readonly phase: "idle" }
  | { readonly phase: "loading"; readonly progress: LoadProgress | null }
  | { readonly phase: "ready"; readonly info: EngineInfo }
  | { readonly phase: "failed"; readonly failure: Failure };

export type EngineEvent =
  | { readonly type: "load-started" }
  | { readonly type: "load-progressed"; readonly progress: LoadProgress }
  | { readonly type: "loaded"; readonly info: EngineInfo }
  | { readonly type: "measured"; readonly info: EngineInfo }
  | { readonly type: "load-failed"; readonly failure: Failure };

/** Progress and measurements that arrive after their phase is over change nothing. */
export function advanceEngine(state: EngineState, event: EngineEvent): EngineState {
  switch (event.type) {
    case "load-started":
      return state.phase === "ready" ? state : { phase: "loading", progress: null };
    case "load-progressed":
      return state.phase === "loading" ? { phase: "loading", progress: event.progress } : state;
    case "loaded":
      return { phase: "ready", info: event.info };
    case "measured":
      return state.phase === "ready" ? { phase: "ready", info: event.info } : state;
    case "load-failed":
      return state.phase === "loading" ? { phase: "failed", failure: event.failure } : state;
    default:
      return event satisfies never;
  }
}
