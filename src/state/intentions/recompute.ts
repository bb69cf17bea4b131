import { type LearnedPolicy, learnedOrder } from "../../adapt/learned-order.ts";
import { MOST_PLACES } from "../../adapt/log-row.ts";
import { toFailure } from "../../core/failure.ts";
import type { ItemId } from "../../core/ids.ts";
import type { RankedItem } from "../../scores/recommend.ts";
import type { Answer } from "../answer-state.ts";
import type { Context } from "../context.ts";
import type { FilmIndex } from "../film-index.ts";
import type { Turn } from "../latest-only.ts";
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
 * missing or when the same question was asked last; `again` asks it once more. `reorder` brings the answer on screen into the order that is
 * in force now; the model is asked only about films that were not shown before.
 */
export function makeRecompute(context: Context, explain: () => Promise<void>, audit: AuditDesk) {
  const { get, set, call, tell, answers, explanations, inquiries } = context;
  let asked: string | null = null;

  const stopAsides = (): void => {
    explanations.cancel();
    tell.explanation({ type: "cancelled" });
    audit.stop();
    for (const name of aside) {
      inquiries[name].cancel();
      tell.inquiries[name]({ type: "stopped" });
    }
  };

  /** What follows an answer that is on screen. */
  const follow = async (shown: Answer, { signal, isNewest }: Turn): Promise<void> => {
    // A person who asked for all combinations once need not want to wait for them every time.
    set({ effort: "first" });
    for (const name of aside) tell.inquiries[name]({ type: "forgotten" });
    if (shown.history.length === 0) {
      audit.forget();
      tell.explanation({ type: "nothing-to-explain" });
    }
    await inspect(context, shown, signal, isNewest);
    if (isNewest()) await explain();
  };

  const answer = async ({ history, seen, index }: Request): Promise<void> => {
    stopAsides();
    const turn = answers.begin();
    const { request, signal, isNewest } = turn;
    tell.answer({ type: "asked", request });
    let shown: Answer;
    try {
      const recommendation = await call("recommend", { history, seen, top: MOST_PLACES }, { signal });
      if (!isNewest()) return;
      const slate = recommendation.ranked;
      const learned = recommendation.personal ? get().learned : null;
      shown = {
        origin: "computed",
        madeWith: null,
        history,
        films: index.byItem,
        recommendation: { ...recommendation, ranked: topOf(slate, learned) },
        slate,
        learned: learned?.version ?? 0,
      };
      tell.answer({ type: "answered", request, answer: shown });
    } catch (thrown) {
      if (isNewest()) tell.answer({ type: "failed", request, failure: toFailure(thrown) });
      return;
    }
    await follow(shown, turn);
  };

  const reorder = async (): Promise<void> => {
    const { answer, learned } = get();
    // One that is on its way takes what is in force when it arrives.
    if (answer.phase !== "shown") return;
    const { shown } = answer;
    if (shown.origin !== "computed" || !shown.recommendation.personal) return;
    const version = learned?.version ?? 0;
    if (shown.learned === version) return;
    const ranked = topOf(shown.slate, learned);
    const isSame = ranked.every(({ item }, i) => item === shown.recommendation.ranked[i]?.item);
    if (isSame) {
      tell.answer({ type: "reordered", answer: { ...shown, learned: version } });
      return;
    }
    stopAsides();
    const turn = answers.begin();
    const next = { ...shown, recommendation: { ...shown.recommendation, ranked }, learned: version };
    tell.answer({ type: "reordered", answer: next });
    await follow(next, turn);
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
  return { ifChanged: () => ask(false), again: () => ask(true), reorder };
}

function topOf(slate: readonly RankedItem[], learned: LearnedPolicy | null): readonly RankedItem[] {
  return learnedOrder(slate, learned).slice(0, TOP);
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
