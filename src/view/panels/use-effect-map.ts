import { useMemo } from "react";
import type { ItemId } from "../../core/ids.ts";
import type { Film } from "../../model/film.ts";
import type { Explanation } from "../../state/explanation-state.ts";
import { eventsInPrompt } from "../../state/prompt-films.ts";
import { type HeatCell, heatCells } from "../charts/heat-cells.ts";
import { heatEnd } from "../charts/heat-scale.ts";

/** An explanation as the charts want it. */
export interface EffectMap {
  /** End of the colour scale, nats. */
  readonly end: number;
  readonly causes: readonly Film[];
  readonly targets: readonly Film[];
  readonly cells: readonly (readonly (HeatCell | null)[])[];
  /** Whether cells carry standard errors. */
  readonly estimated: boolean;
  /** Whether effects are on a contrast with the other recommendations. */
  readonly contrast: boolean;
}

/** Changes only with the rows: progress without a new row draws nothing anew. */
export function useEffectMap({ history, candidates, films, rows, value }: Explanation): EffectMap {
  return useMemo(() => {
    const end = heatEnd(rows.flatMap(({ deltaNats }) => deltaNats));
    const inPrompt = eventsInPrompt(history);
    return {
      end,
      causes: named(history.slice(inPrompt[0]), films),
      targets: named(candidates, films),
      cells: heatCells(rows, inPrompt, candidates.length, end),
      estimated: rows.some(({ standardError }) => standardError !== undefined),
      contrast: value === "contrast",
    };
  }, [history, candidates, films, rows, value]);
}

export function filmOf(films: ReadonlyMap<ItemId, Film>, id: ItemId): Film {
  return films.get(id) ?? { id, movieId: -1, title: `#${id}`, year: null, genres: [], popularity: 0 };
}

function named(items: readonly ItemId[], films: ReadonlyMap<ItemId, Film>): readonly Film[] {
  return items.map((id) => filmOf(films, id));
}
