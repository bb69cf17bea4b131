import type { EffectMatrix, EffectQuestion, EffectValue } from "../../attribution/effect.ts";
import { toFailure } from "../../core/failure.ts";
import type { Answer } from "../answer-state.ts";
import type { Context } from "../context.ts";
import type { Explanation } from "../explanation-state.ts";
import { eventsInPrompt } from "../prompt-films.ts";
import { pairsFor } from "../shapley-effort.ts";
import type { AuditDesk } from "./audit.ts";
import { measureEngine } from "./measure-engine.ts";

/** Repeats the draws: a better estimate goes on where the first one ended. */
const SEED = 1;

/**
 * Fills the heatmap of the answer on screen, then puts it to the test. A map that was computed for this answer before is shown at once; a
 * better estimate begins with the one before. The engine's own figures are read afterwards.
 */
export function makeExplain(context: Context, audit: AuditDesk) {
  const { get, call, tell, explanations } = context;
  const known = new WeakMap<Answer, Map<string, EffectMatrix>>();

  return async (): Promise<void> => {
    const { answer, question, value: wanted, method, effort, engine } = get();
    const { shown } = answer;
    if (shown === null || shown.origin === "sample" || engine.phase !== "ready") return;
    audit.forget();
    if (shown.history.length === 0) return measureEngine(context);

    const { history, films, recommendation } = shown;
    const candidates = recommendation.ranked.map(({ item }) => item);
    // One film has no others to be contrasted with.
    const value = candidates.length > 1 ? wanted : "verdict";
    const explained = eventsInPrompt(history).length;
    const pairs = method === "shapley" ? pairsFor(effort, explained) : null;
    const key = [question, value, method, pairs].join();
    const maps = known.get(shown) ?? new Map<string, EffectMatrix>();
    known.set(shown, maps);
    const estimate = method === "shapley" ? bestEstimate(maps.values(), question, value) : undefined;
    const blank: Explanation = {
      origin: "computed",
      question,
      value,
      method,
      history,
      candidates,
      films,
      rows: estimate?.rows ?? [],
      matrix: null,
      done: 0,
      total: explained,
    };
    const { request, signal, isNewest } = explanations.begin();
    tell.explanation({ type: "asked", request, blank });
    try {
      const matrix =
        maps.get(key) ??
        (await call(
          "explain",
          { history, candidates, question, value, method, seed: SEED, ...(pairs === null ? {} : { pairs }) },
          {
            signal,
            onProgress: (progress) => tell.explanation({ type: "progressed", request, ...progress }),
          },
        ));
      maps.set(key, matrix);
      tell.explanation({ type: "answered", request, matrix });
    } catch (thrown) {
      if (isNewest()) tell.explanation({ type: "failed", request, failure: toFailure(thrown) });
    }
    if (!isNewest()) return;
    await measureEngine(context);
    if (isNewest() && get().explanation.phase === "whole") void audit.start();
  };
}

function bestEstimate(
  maps: Iterable<EffectMatrix>,
  question: EffectQuestion,
  value: EffectValue,
): EffectMatrix | undefined {
  return [...maps]
    .filter(
      (map) => map.method === "shapley" && map.question === question && (map.value ?? "verdict") === value,
    )
    .sort((a, b) => b.forwardPasses - a.forwardPasses)[0];
}
