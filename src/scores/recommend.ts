/** @file From a history to a ranked list: the recommender proposes a slate, the language model and the fusion rank it. */
import type { ItemId } from "../core/ids.ts";
import { present } from "../core/invariant.ts";
import type { BehaviourModel } from "../engine/engine.ts";
import type { Film } from "../model/film.ts";
import type { ScoreFn } from "./score-fn.ts";

export interface RankedItem {
  readonly item: ItemId;
  /** Verdict log-odds, nats. */
  readonly verdict: number;
  readonly sasrec: number;
  readonly shown: number;
  /** Softmax of the shown score over the whole slate. */
  readonly probability: number;
  /** Rank by SASRec alone inside the slate, from 1. */
  readonly sasrecRank: number;
}

export interface RankedSlate {
  /** Best first, at most as many as were asked for. */
  readonly ranked: readonly RankedItem[];
  readonly slateSize: number;
  /** False: the history is empty. These are the most popular films in order of popularity, and their scores are not personal. */
  readonly personal: boolean;
  /** Gate weights the forward pass used; empty where there was nothing to score. */
  readonly gate: readonly number[];
}

export interface RecommendRequest {
  /** Kept items, oldest first. */
  readonly history: readonly ItemId[];
  /** Never recommended, besides the history: every rated or watched item, kept or not. */
  readonly seen: readonly ItemId[];
  readonly top: number;
}

export interface RecommendParts {
  readonly score: ScoreFn;
  readonly behaviour: Pick<BehaviourModel, "state" | "itemScores">;
  readonly films: readonly Film[];
  /** Films on the slate (the pack's `slate.size`). */
  readonly slateSize: number;
}

export async function recommend(
  { history, seen, top }: RecommendRequest,
  { score, behaviour, films, slateSize }: RecommendParts,
  signal?: AbortSignal,
): Promise<RankedSlate> {
  const personal = history.length > 0;
  const slate = proposeSlate({ history, seen }, { behaviour, films, slateSize });
  if (slate.length === 0) return { ranked: [], slateSize: 0, personal, gate: [] };
  const [scores] = await score([{ history, candidates: slate }], signal);
  const { verdict, sasrec, shown, probability, gate } = present(scores, "the slate's scores");
  const scored = slate.map(
    (item, i): RankedItem => ({
      item,
      verdict: present(verdict[i], "a verdict"),
      sasrec: present(sasrec[i], "a recommender score"),
      shown: present(shown[i], "a shown score"),
      probability: present(probability[i], "a probability"),
      sasrecRank: i + 1,
    }),
  );
  // The slate stands in the recommender's order (popularity without a history), which also settles ties.
  const ranked = personal ? scored.sort((a, b) => b.shown - a.shown || a.sasrecRank - b.sasrecRank) : scored;
  return { ranked: ranked.slice(0, top), slateSize: slate.length, personal, gate };
}

/** The recommender's best films that the user has not seen, best first; the popular ones for an empty history. */
export function proposeSlate(
  { history, seen }: Pick<RecommendRequest, "history" | "seen">,
  { behaviour, films, slateSize }: Pick<RecommendParts, "behaviour" | "films" | "slateSize">,
): readonly ItemId[] {
  const excluded = new Set([...history, ...seen]);
  const itemScores = history.length > 0 ? behaviour.itemScores(behaviour.state(history)) : null;
  const scoreOf = ({ id }: Film) =>
    itemScores === null ? 0 : present(itemScores[id], `the recommender's score of item ${id}`);
  return films
    .filter(({ id }) => !excluded.has(id))
    .map((film) => ({ film, score: scoreOf(film) }))
    .sort((a, b) => b.score - a.score || b.film.popularity - a.film.popularity || a.film.id - b.film.id)
    .slice(0, slateSize)
    .map(({ film }) => film.id);
}
