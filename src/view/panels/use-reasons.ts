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
  return useMemo(() => reasons(answer, explanation), [answer, explanation]);
}

function reasons(
  answer: AppState["answer"]["shown"],
  { phase, shown }: AppState["explanation"],
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
