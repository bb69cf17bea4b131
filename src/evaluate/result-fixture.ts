/** @file Small results for tests. */
import { figuresOf } from "./figures.ts";
import { type EvaluationCase, type EvaluationResult, RESULT_SCHEMA } from "./result-file.ts";

const sha256 = "0".repeat(64);

/** Two users; the first's question was drawn twice. Popularity ties its last three candidates. */
export const DRAWN_CASES: readonly EvaluationCase[] = [
  drawnCase("a-3", "a", 0, { popularity: [1, 3, 1, 1], sasrec: [2, 1, 0, -1], fused: [2, 1, 0, 3] }, [3]),
  drawnCase("a-3", "a", 1, { popularity: [5, 3, 1, 1], sasrec: [0, 1, 0, -1], fused: [4, 1, 0, 3] }),
  drawnCase("b-4", "b", 0, { popularity: [0, 3, 1, 1], sasrec: [0, 1, 2, -1], fused: [4, 1, 0, 3] }),
];

function drawnCase(
  id: string,
  user: string,
  draw: number,
  scores: EvaluationCase["scores"],
  watched: number[] = [],
): EvaluationCase {
  const history = [4, 5];
  return { id, user, draw, history, target: 0, candidates: [0, 1, 2, 3], watched, scores, catalogue: null };
}

/** A slate of three of six films; the second case's target is not on it. */
export const FULL_CASES: readonly EvaluationCase[] = [
  fullCase("a-3", "a", 2, [1, 0, 2], { sasrec: [3, 2, 1], hybrid: [0, 1, 2] }, 2),
  fullCase("b-4", "b", 5, [1, 0, 2], { sasrec: [3, 2, 1], hybrid: [0, 5, 2] }, 3),
];

function fullCase(
  id: string,
  user: string,
  target: number,
  candidates: number[],
  scores: EvaluationCase["scores"],
  rank: number,
): EvaluationCase {
  const catalogue = { popularity: { rank: 0, top: [target, 0, 1] }, sasrec: { rank, top: candidates } };
  return { id, user, draw: 0, history: [3], target, candidates, watched: [], scores, catalogue };
}

/** A result of these cases with its figures. */
export function resultOf(
  cases: readonly EvaluationCase[],
  settings: Pick<EvaluationResult["settings"], "protocol" | "modes">,
): EvaluationResult {
  const source = {
    schema: RESULT_SCHEMA,
    command: "npx becausal evaluate",
    version: "0.1.0",
    pack: {
      name: "toy",
      adapterSha256: sha256,
      sasrecSha256: sha256,
      catalogueSha256: sha256,
      beta: 0.5,
      promptItems: 10,
      recommenderItems: 50,
    },
    base: { sha256, layers: 2 },
    data: {
      name: "toy",
      format: "cases" as const,
      files: [{ file: "toy.jsonl", sha256, rows: 3, badRows: 0 }],
      users: null,
      ratings: null,
      problems: [],
      problemCount: 0,
    },
    settings: {
      negatives: "outside-prompt-history" as const,
      draws: 2,
      candidates: 20,
      slate: 3,
      seed: 1,
      limit: null,
      keptFrom: 3,
      minHistory: 3,
      resamples: 200,
      ...settings,
    },
    engine: { backend: "wasm" as const, device: "none" },
    seconds: 1,
    popularity: [9, 8, 7, 1, 1, 0],
    cases: [...cases],
  } satisfies Omit<EvaluationResult, "metrics" | "answers" | "calibration">;
  return { ...source, ...figuresOf(source) };
}
