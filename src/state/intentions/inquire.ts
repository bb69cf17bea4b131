import { toFailure } from "../../core/failure.ts";
import type { Answer } from "../answer-state.ts";
import type { Context } from "../context.ts";
import type { InquiryEventOf, InquiryName, InquiryTable } from "../inquiries.ts";

export interface Asking<Name extends InquiryName> {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: InquiryTable[Name]["progress"]) => void;
}

/**
 * Asks something about the answer on screen; nothing while there is none, or a newer one is being computed. What was answered about it
 * before is shown at once.
 */
export function makeInquire<Name extends InquiryName>(
  { get, inquiries, tell }: Context,
  name: Name,
  ask: (
    answer: Answer,
    subject: InquiryTable[Name]["subject"],
    options: Asking<Name>,
  ) => Promise<InquiryTable[Name]["result"]>,
) {
  type Subject = InquiryTable[Name]["subject"];
  type Result = InquiryTable[Name]["result"];
  const known = new WeakMap<Answer, Map<Subject, Result>>();
  const turns = inquiries[name];
  const say: (event: InquiryEventOf<Name>) => void = tell.inquiries[name];

  return async (subject: Subject): Promise<void> => {
    const { answer, engine } = get();
    const { shown } = answer;
    if (answer.phase !== "shown" || shown === null || shown.origin === "sample" || engine.phase !== "ready")
      return;
    const results = known.get(shown) ?? new Map<Subject, Result>();
    known.set(shown, results);
    const { request, signal, isNewest } = turns.begin();
    say({ type: "asked", request, subject });
    try {
      const result =
        results.get(subject) ??
        (await ask(shown, subject, {
          signal,
          onProgress: (progress) => say({ type: "progressed", request, progress }),
        }));
      results.set(subject, result);
      say({ type: "answered", request, result });
    } catch (thrown) {
      if (isNewest()) say({ type: "failed", request, failure: toFailure(thrown) });
    }
  };
}

/** Stops a question; what it has told so far stays. */
export function makeStopInquiry({ inquiries, tell }: Context) {
  return (name: InquiryName): void => {
    inquiries[name].cancel();
    tell.inquiries[name]({ type: "stopped" });
  };
}
