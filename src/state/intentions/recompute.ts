import { toFailure } from "../../core/failure.ts";
import type { ItemId } from "../../core/ids.ts";
import type { Answer } from "../answer-state.ts";
import type { Context } from "../context.ts";
import type { FilmIndex } from "../film-index.ts";
import { keptItems, seenItems } from "../prompt-films.ts";
import type { AuditDesk } from "./audit.ts";

/** How many films are recommended. */
export const TOP = 10;

/** What is asked about one answer means nothing for the next. */
const aside = ["channels", "strip", "counterfactual", "whatIf"] as const;

interface Request {
  readonly history: readonly ItemId[];
  readonly seen: readonly ItemId[];
  readonly index: FilmIndex;
}

/**
 * Answers the history as it is now: the top list, the prompt behind it, then the heatmap. `ifChanged` does nothing while something is
 * missing or when the same question was asked last; `again` asks it once more.
 */
export function makeRecompute(context: Context, explain: () => Promise<void>, audit: AuditDesk) {
  const { get, set, call, tell, answers, explanations, inquiries } = context;
  let asked: string | null = null;

  const answer = async ({ history, seen, index }: Request): Promise<void> => {
    explanations.cancel();
    tell.explanation({ type: "cancelled" });
    audit.stop();
    for (const name of aside) {
      inquiries[name].cancel();
      tell.inquiries[name]({ type: "stopped" });
    }
    const { request, signal, isNewest } = answers.begin();
    tell.answer({ type: "asked", request });
    try {
      const recommendation = await call("recommend", { history, seen, top: TOP }, { signal });
      if (!isNewest()) return;
      const shown: Answer = {
        origin: "computed",
        madeWith: null,
        history,
        films: index.byItem,
        recommendation,
      };
      tell.answer({ type: "answered", request, answer: shown });
      // A person who asked for all combinations once need not want to wait for them every time.
      set({ effort: "first" });
      for (const name of aside) tell.inquiries[name]({ type: "forgotten" });
      if (history.length === 0) {
        audit.forget();
        tell.explanation({ type: "nothing-to-explain" });
      }
      await inspect(context, shown, signal, isNewest);
    } catch (thrown) {
      if (isNewest()) tell.answer({ type: "failed", request, failure: toFailure(thrown) });
      return;
    }
    if (isNewest()) await explain();
  };

  const ask = async (force: boolean): Promise<void> => {
    const { engine, catalogue, history } = get();
    if (engine.phase !== "ready" || catalogue.phase !== "ready" || history.phase === "loading") return;
    const { index } = catalogue;
    const request = {
      history: keptItems(history.events, index),
      seen: seenItems(history.events, index),
      index,
    };
    const question = JSON.stringify([request.history, request.seen]);
    if (question === asked && !force) return;
    asked = question;
    await answer(request);
  };
  return { ifChanged: () => ask(false), again: () => ask(true) };
}

/** A prompt that cannot be shown is no reason to withhold the answer. */
async function inspect(
  { call, tell }: Context,
  { history, films, recommendation }: Answer,
  signal: AbortSignal,
  isNewest: () => boolean,
): Promise<void> {
  try {
    const candidates = recommendation.ranked.map(({ item }) => item);
    const view = await call("inspect", { history, candidates }, { signal });
    if (isNewest()) tell.inspection({ type: "inspected", view, films });
  } catch (thrown) {
    if (isNewest()) tell.inspection({ type: "failed", failure: toFailure(thrown) });
  }
}
