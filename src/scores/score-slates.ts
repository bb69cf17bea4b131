/** @file The one place where language model, gate and recommender become a slate's scores (docs/formats.md, section 4). */
import { FailureError } from "../core/failure.ts";
import type { ItemId } from "../core/ids.ts";
import { present } from "../core/invariant.ts";
import type { BehaviourModel, Engine } from "../engine/engine.ts";
import type { PromptBuilder } from "../prompt/build-prompt.ts";
import { packPrompt } from "../prompt/packed-prompt.ts";
import type { ScoreFn, SlateQuery, SlateScores } from "./score-fn.ts";
import { softmax } from "./softmax.ts";

export interface ScoreParts {
  readonly engine: Pick<Engine, "verdicts">;
  readonly behaviour: Pick<BehaviourModel, "items" | "experts" | "state" | "gate" | "itemScore">;
  readonly prompts: PromptBuilder;
  /** Weight of the recommender's score in the shown score; fixed on validation, stored in the pack. */
  readonly beta: number;
}

/** Scores go through one engine call for the whole batch. Rejects with `bad-request` for a query the pack cannot answer. */
export function makeScoreFn({ engine, behaviour, prompts, beta }: ScoreParts): ScoreFn {
  return async (queries, signal, onScored) => {
    const stateOf = onceEach(behaviour.state.bind(behaviour));
    const prepared = queries.map((query) => {
      checkQuery(query, behaviour);
      const { history, candidates, promptItems, heldGate, gateHistory } = query;
      const state = stateOf(history);
      const gate = heldGate ?? behaviour.gate(gateHistory === undefined ? state : stateOf(gateHistory));
      const prompt = prompts.build({
        history,
        candidates,
        behaviour: query.behaviour ?? true,
        ...(promptItems === undefined ? {} : { items: promptItems }),
      });
      return {
        enginePrompt: { packed: packPrompt(prompt), gate },
        sasrec: candidates.map((item) => behaviour.itemScore(state, item)),
        gate,
      };
    });
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

/** A function that remembers its answers: with a held gate, all queries of a heatmap ask for one history's state. */
function onceEach<From extends object, To>(answer: (from: From) => To): (from: From) => To {
  const answers = new Map<From, To>();
  return (from) => {
    let known = answers.get(from);
    if (known === undefined) {
      known = answer(from);
      answers.set(from, known);
    }
    return known;
  };
}

function checkQuery(
  { history, candidates, heldGate, gateHistory }: SlateQuery,
  behaviour: ScoreParts["behaviour"],
): void {
  const refuse = (reason: string) => new FailureError({ kind: "bad-request", reason });
  const unknown = [...history, ...candidates, ...(gateHistory ?? [])].find(
    (item: ItemId) => item >= behaviour.items,
  );
  if (unknown !== undefined)
    throw refuse(`item ${unknown} is not one of the pack's ${behaviour.items} films`);
  if (candidates.length === 0) throw refuse("there is no candidate to score");
  if (heldGate !== undefined && gateHistory !== undefined)
    throw refuse("a gate cannot be held both by its weights and by its history");
  if (heldGate !== undefined && heldGate.length !== behaviour.experts)
    throw refuse(`${heldGate.length} gate weights were held, the pack has ${behaviour.experts} experts`);
}
