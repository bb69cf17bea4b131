import { useMemo } from "react";
import type { AppState } from "../../state/app-state.ts";
import { type Reason, reasonFor } from "../charts/reason.ts";
import { useApp } from "../store-context.tsx";

/**
 * The reason of every film on screen, from the map that explains exactly this list: null while that map is in the making,
 * undefined where there is none.
 */
export function useReasons(): readonly (Reason | null | undefined)[] {
  const answer = useApp((state) => state.answer.shown);
  const explanation = useApp((state) => state.explanation);
  const { phase, shown } = explanation;
  // Steps of an explanation that bring no row change no reason.
  // biome-ignore lint/correctness/useExhaustiveDependencies: of what is shown, these decide.
  return useMemo(
    () => reasons(answer, phase, shown),
    [answer, phase, shown?.origin, shown?.films, shown?.history, shown?.candidates, shown?.rows],
  );
}

function reasons(
  answer: AppState["answer"]["shown"],
  phase: AppState["explanation"]["phase"],
  shown: AppState["explanation"]["shown"],
): readonly (Reason | null | undefined)[] {
  if (answer === null) return [];
  const { ranked } = answer.recommendation;
  const belongs =
    shown !== null &&
    shown.origin === answer.origin &&
    shown.films === answer.films &&
    shown.history.join() === answer.history.join() &&
    shown.candidates.join() === ranked.map(({ item }) => item).join();
  if (!belongs) return ranked.map(() => undefined);
  if (phase === "running") return ranked.map(() => null);
  if (phase !== "whole") return ranked.map(() => undefined);
  return ranked.map((_, candidate) => reasonFor(shown.rows, candidate));
}
