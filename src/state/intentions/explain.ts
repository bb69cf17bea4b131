import type { EffectMatrix, EffectQuestion } from "../../attribution/effect.ts";
import { toFailure } from "../../core/failure.ts";
import type { Answer } from "../answer-state.ts";
import type { Context } from "../context.ts";
import type { Explanation } from "../explanation-state.ts";
import { eventsInPrompt } from "../prompt-films.ts";

/**
 * Fills the heatmap of the answer on screen, row by row. A map that was computed for this answer before is shown at once. The engine's
 * own figures are read afterwards, when it has nothing else to do.
 */
export function makeExplain({ get, call, tell, explanations }: Context) {
  const known = new WeakMap<Answer, Map<EffectQuestion, EffectMatrix>>();

  const measure = async (): Promise<void> => {
    const info = await call("status", {}).catch(() => null);
    if (info !== null) tell.engine({ type: "measured", info });
  };

  return async (): Promise<void> => {
    const { answer, question, engine } = get();
    const { shown } = answer;
    if (shown === null || shown.origin === "sample" || engine.phase !== "ready") return;
    if (shown.history.length === 0) return measure();

    const { history, films, recommendation } = shown;
    const candidates = recommendation.ranked.map(({ item }) => item);
    const blank: Explanation = {
      origin: "computed",
      question,
      history,
      candidates,
      films,
      rows: [],
      done: 0,
      total: eventsInPrompt(history).length,
    };
    const { request, signal, isNewest } = explanations.begin();
    tell.explanation({ type: "asked", request, blank });
    const matrices = known.get(shown) ?? new Map<EffectQuestion, EffectMatrix>();
    known.set(shown, matrices);
    try {
      const matrix =
        matrices.get(question) ??
        (await call(
          "explain",
          { history, candidates, question },
          {
            signal,
            onProgress: ({ row, done, total }) =>
              tell.explanation({ type: "row-came", request, row, done, total }),
          },
        ));
      matrices.set(question, matrix);
      tell.explanation({ type: "answered", request, matrix });
    } catch (thrown) {
      if (isNewest()) tell.explanation({ type: "failed", request, failure: toFailure(thrown) });
    }
    if (isNewest()) await measure();
  };
}
