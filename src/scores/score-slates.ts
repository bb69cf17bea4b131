/** @file The one place where language model, gate and recommender become a slate's scores (docs/formats.md, section 4). */
import { present } from "../core/invariant.ts";
import { softmax } from "../core/softmax.ts";
import type { Engine } from "../engine/engine.ts";
import { prepareQueries, type QueryParts } from "./prepare-queries.ts";
import type { ScoreFn, SlateScores } from "./score-fn.ts";

export interface ScoreParts extends QueryParts {
  readonly engine: Pick<Engine, "verdicts">;
  /** Weight of the recommender's score in the shown score; fixed on validation, stored in the pack. */
  readonly beta: number;
}

/** Scores go through one engine call for the whole batch. Rejects with `bad-request` for a query the pack cannot answer. */
export function makeScoreFn({ engine, beta, ...parts }: ScoreParts): ScoreFn {
  return async (queries, signal, onScored) => {
    const prepared = prepareQueries(queries, parts);
    const scoresOf = (i: number, verdicts: Float32Array): SlateScores => {
      const { sasrec, gate } = present(prepared[i], `query ${i}`);
      const verdict = [...verdicts];
      const shown = sasrec.map((score, c) => present(verdict[c], `verdict ${c}`) + beta * score);
      return { verdict, sasrec, shown, probability: softmax(shown), gate };
    };
    const verdicts = await engine.verdicts(
      prepared.map(({ enginePrompt }) => enginePrompt),
      signal,
      onScored === undefined ? undefined : (i, answer) => onScored(i, scoresOf(i, answer)),
    );
    return prepared.map((_, i) => scoresOf(i, present(verdicts[i], `the answer to prompt ${i}`)));
  };
}
