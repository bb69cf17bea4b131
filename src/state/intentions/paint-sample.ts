import type { Context } from "../context.ts";

/** Shows the stored sample answer while there is nothing better. A page without one starts empty: it is a courtesy, not a need. */
export function makePaintSample({ assets, tell }: Context) {
  return async (): Promise<void> => {
    const sample = await assets.sampleAnswer().catch(() => null);
    if (sample === null) return;
    const { madeWith, matrix, recommendation } = sample;
    const films = new Map(sample.films.map((film) => [film.id, film]));
    const { history, candidates, question, method, rows } = matrix;
    tell.answer({
      type: "sample-read",
      answer: {
        origin: "sample",
        madeWith,
        history,
        films,
        recommendation,
        slate: recommendation.ranked,
        learned: 0,
      },
    });
    tell.explanation({
      type: "sample-read",
      explanation: {
        origin: "sample",
        question,
        value: matrix.value ?? "verdict",
        method,
        history,
        candidates,
        films,
        rows,
        matrix,
        done: rows.length,
        total: rows.length,
      },
    });
  };
}
