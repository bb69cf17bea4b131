import type { Failure } from "../core/failure.ts";

/** A question to the model that is asked beside the answer on screen: what it is about, how far it is, what came of it. */
export type Inquiry<Subject, Progress, Result> =
  | { readonly phase: "none" }
  | {
      readonly phase: "running";
      readonly request: number;
      readonly subject: Subject;
      readonly progress: Progress | null;
    }
  /** Stopped by the person, or by a new answer; what it had is kept. */
  | { readonly phase: "stopped"; readonly subject: Subject; readonly progress: Progress | null }
  | { readonly phase: "done"; readonly subject: Subject; readonly result: Result }
  | { readonly phase: "failed"; readonly subject: Subject; readonly failure: Failure };

export type InquiryEvent<Subject, Progress, Result> =
  | { readonly type: "asked"; readonly request: number; readonly subject: Subject }
  | { readonly type: "progressed"; readonly request: number; readonly progress: Progress }
  | { readonly type: "answered"; readonly request: number; readonly result: Result }
  | { readonly type: "stopped" }
  | { readonly type: "failed"; readonly request: number; readonly failure: Failure }
  /** It was about an answer that is gone. */
  | { readonly type: "forgotten" };

/** What any but the newest request tells is stale and changes nothing. */
export function advanceInquiry<Subject, Progress, Result>(
  state: Inquiry<Subject, Progress, Result>,
  event: InquiryEvent<Subject, Progress, Result>,
): Inquiry<Subject, Progress, Result> {
  switch (event.type) {
    case "asked":
      return { phase: "running", request: event.request, subject: event.subject, progress: null };
    case "progressed":
      return isNewest(state, event.request) ? { ...state, progress: event.progress } : state;
    case "answered":
      return isNewest(state, event.request)
        ? { phase: "done", subject: state.subject, result: event.result }
        : state;
    case "stopped":
      return state.phase === "running"
        ? { phase: "stopped", subject: state.subject, progress: state.progress }
        : state;
    case "failed":
      return isNewest(state, event.request)
        ? { phase: "failed", subject: state.subject, failure: event.failure }
        : state;
    case "forgotten":
      return { phase: "none" };
    default:
      return event satisfies never;
  }
}

type Running<Subject, Progress, Result> = Extract<
  Inquiry<Subject, Progress, Result>,
  { readonly phase: "running" }
>;

function isNewest<Subject, Progress, Result>(
  state: Inquiry<Subject, Progress, Result>,
  request: number,
): state is Running<Subject, Progress, Result> {
  return state.phase === "running" && state.request === request;
}
