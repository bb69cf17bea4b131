import type { Counterfactual, HistoryEdit } from "../../attribution/counterfactual.ts";
import type { Standing } from "../../attribution/standings.ts";
import type { ItemId } from "../../core/ids.ts";
import { present } from "../../core/invariant.ts";

/** An edit of the history, as films. */
export interface FilmEdit {
  readonly removed: readonly ItemId[];
  readonly added: readonly ItemId[];
}

/** Where the film in question stands. */
export type Place = Pick<Standing, "rank" | "probability">;

export type CounterfactualView =
  /** Real runs of the model so far, of at most how many. */
  | { readonly phase: "searching"; readonly passes: number; readonly budget: number }
  /** It is number one as things are. */
  | { readonly phase: "already" }
  | {
      readonly phase: "found";
      readonly edit: FilmEdit;
      /** As the model really answered, without the edit and with it. */
      readonly before: Place;
      readonly after: Place;
      /** True: every smaller edit was tried, and failed. */
      readonly isSmallest: boolean;
      readonly passes: number;
    }
  | {
      readonly phase: "not-found";
      /** True: the search ended at its budget, with edits untried. */
      readonly spent: boolean;
      /** Whether the film is a candidate as things are. */
      readonly isOffered: boolean;
      /**
       * The edit that came nearest, the film's rank with it, and the nats of shown score that it is short of number one by; null where none comes
       * nearer than the history as it is.
       */
      readonly nearest: { readonly edit: FilmEdit; readonly rank: number; readonly shortNats: number } | null;
      readonly passes: number;
    };

/** A finished search as the card shows it. `history` is that of the search: its events become films. */
export function counterfactualView(
  {
    target,
    outcome,
    edit,
    isSmallest,
    isOffered,
    marginBefore,
    before,
    after,
    closest,
    forwardPasses,
  }: Counterfactual,
  history: readonly ItemId[],
): CounterfactualView {
  const films = ({ removed, added }: HistoryEdit): FilmEdit => ({
    removed: removed.map((event) => present(history[event], `event ${event}`)),
    added,
  });
  const placeOf = (standings: readonly Standing[] | null): Place =>
    present(
      standings?.find(({ item }) => item === target),
      "the place of the target",
    );
  if (outcome === "already-first") return { phase: "already" };
  if (outcome === "found")
    return {
      phase: "found",
      edit: films(present(edit, "the edit that was found")),
      before: placeOf(before),
      after: placeOf(after),
      isSmallest,
      passes: forwardPasses,
    };
  const isNearer = closest !== null && (!isOffered || closest.margin > marginBefore);
  return {
    phase: "not-found",
    spent: outcome === "budget-spent",
    isOffered,
    nearest: isNearer
      ? {
          edit: films(closest.edit),
          rank: placeOf(closest.standings).rank,
          shortNats: Math.max(0, -closest.margin),
        }
      : null,
    passes: forwardPasses,
  };
}
