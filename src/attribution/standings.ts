import type { ItemId } from "../core/ids.ts";
import { present } from "../core/invariant.ts";
import type { SlateScores } from "../scores/score-fn.ts";

/** A candidate among the others that were asked for. */
export interface Standing {
  readonly item: ItemId;
  /** Verdict log-odds, nats. */
  readonly verdict: number;
  readonly shown: number;
  /** Softmax of the shown score over the candidates asked for. */
  readonly probability: number;
  /** By shown score, from 1; of equals the one that was listed first. */
  readonly rank: number;
}

/** In the order of `candidates`. */
export function standings(candidates: readonly ItemId[], scores: SlateScores): Standing[] {
  const shownOf = (c: number) => present(scores.shown[c], "a shown score");
  const order = [...candidates.keys()].sort((a, b) => shownOf(b) - shownOf(a) || a - b);
  return candidates.map((item, c) => ({
    item,
    verdict: present(scores.verdict[c], "a verdict"),
    shown: shownOf(c),
    probability: present(scores.probability[c], "a probability"),
    rank: order.indexOf(c) + 1,
  }));
}
