import type { AuditReport } from "../../attribution/audit.ts";
import type { ItemId } from "../../core/ids.ts";
import type { Explanation } from "../../state/explanation-state.ts";
import { filmOf } from "./use-effect-map.ts";

/** A map with the names of its films and its audit, as computed: nothing rounded. */
export function mapJson({ matrix, films, rows, ...map }: Explanation, audit: AuditReport | null): string {
  const film = (item: ItemId) => {
    const { movieId, title, year } = filmOf(films, item);
    return { item, movieId, title, year };
  };
  return `${JSON.stringify(
    {
      schema: "becausal-map/1",
      method: map.method,
      question: map.question,
      value: map.value,
      history: map.history.map(film),
      candidates: map.candidates.map(film),
      fullVerdict: matrix?.fullVerdict ?? null,
      rows,
      forwardPasses: matrix?.forwardPasses ?? null,
      seed: matrix?.seed ?? null,
      pairs: matrix?.pairs ?? null,
      audit,
    },
    null,
    1,
  )}\n`;
}
