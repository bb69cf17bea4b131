/** @file All questions of a plan, batch by batch, with a journal of what is done. */
import { setImmediate } from "node:timers/promises";
import { throwIfCancelled } from "../../core/cancelled.ts";
import { caseKey } from "../../evaluate/agreement.ts";
import type { Question } from "../../evaluate/questions.ts";
import type { EvaluationCase } from "../../evaluate/result-file.ts";
import type { Recommender } from "../open-recommender.ts";
import { makeProgress } from "../progress.ts";
import type { Journal } from "./journal.ts";
import type { Plan } from "./plan.ts";
import { type ScoringParts, scoreQuestions } from "./scores.ts";

/** Questions in one request: a GPU wants many, a processor has nothing to gain and a journal to keep. */
const BATCH = { wasm: 4, webgpu: 64 } as const;
/** Draws of one question share its prefix, so that they are asked together. */
const MOST_DRAWS_AT_ONCE = 64;

/** Every question's case, in order; the journal's are not scored again. Rejects with `cancelled` on Ctrl-C. */
export async function scoreAll(
  { questions, settings, popularity, knn, markov }: Plan,
  { engine, behaviour, score, untitledScore, manifest }: Recommender,
  journal: Journal,
): Promise<{ readonly scored: EvaluationCase[]; readonly seconds: number }> {
  const parts: ScoringParts = {
    modes: settings.modes,
    score,
    untitledScore,
    behaviour,
    beta: manifest.fusion.beta,
    recommenderItems: manifest.sasrec.maxLength,
    slateSize: settings.slate,
    popularity,
    knn,
    markov,
  };
  const stop = new AbortController();
  const cancel = () => stop.abort();
  process.once("SIGINT", cancel);
  const progress = makeProgress();
  const scored = new Map(journal.known.map((each) => [caseKey(each), each]));
  let { seconds } = journal;
  try {
    const left = questions.filter((question) => !scored.has(caseKey(question)));
    for (const batch of batchesOf(left, BATCH[engine.backend])) {
      progress.tell("cases", scored.size, questions.length);
      // Modes without a language model never wait for anything, and nobody would hear Ctrl-C.
      await setImmediate();
      throwIfCancelled(stop.signal);
      const start = performance.now();
      const cases = await scoreQuestions(batch, parts, stop.signal);
      const took = (performance.now() - start) / 1000;
      seconds += took;
      await journal.add(cases, took);
      for (const each of cases) scored.set(caseKey(each), each);
    }
  } finally {
    progress.end();
    process.off("SIGINT", cancel);
  }
  return { scored: questions.flatMap((question) => scored.get(caseKey(question)) ?? []), seconds };
}

/** Draws of one question stay together; others are joined up to `size`. */
function* batchesOf(questions: readonly Question[], size: number): Generator<Question[]> {
  let batch: Question[] = [];
  for (const question of questions) {
    const isSame = batch.at(-1)?.id === question.id;
    if (batch.length >= (isSame ? MOST_DRAWS_AT_ONCE : size)) {
      yield batch;
      batch = [];
    }
    batch.push(question);
  }
  if (batch.length > 0) yield batch;
}
