/** @file From questions to what the engine runs: prompt, gate and the recommender's part of each. */
import { FailureError } from "../core/failure.ts";
import type { ItemId } from "../core/ids.ts";
import type { BehaviourModel, EnginePrompt, Gate } from "../engine/engine.ts";
import type { PromptBuilder } from "../prompt/build-prompt.ts";
import { packPrompt } from "../prompt/packed-prompt.ts";
import type { SlateQuery } from "./score-fn.ts";

export interface QueryParts {
  readonly behaviour: Pick<BehaviourModel, "items" | "experts" | "state" | "gate" | "itemScore">;
  readonly prompts: PromptBuilder;
}

export interface PreparedQuery {
  readonly enginePrompt: EnginePrompt;
  /** SASRec item scores z · e, in the order of the candidates. */
  readonly sasrec: readonly number[];
  readonly gate: Gate;
}

/** In the order of the queries. Throws `bad-request` for a query that the pack cannot answer. */
export function prepareQueries(
  queries: readonly SlateQuery[],
  { behaviour, prompts }: QueryParts,
): PreparedQuery[] {
  const stateOf = oncePerHistory(behaviour.state.bind(behaviour));
  return queries.map((query) => {
    checkQuery(query, behaviour);
    const { history, candidates, promptItems, heldGate, gateHistory, mutedText, mutedBehaviour } = query;
    const { persona, examples } = query;
    const state = stateOf(history);
    const gate = heldGate ?? behaviour.gate(gateHistory === undefined ? state : stateOf(gateHistory));
    const prompt = prompts.build({
      history,
      candidates,
      behaviour: query.behaviour ?? true,
      persona,
      examples,
      ...(promptItems === undefined ? {} : { items: promptItems }),
      ...(mutedText === undefined ? {} : { mutedText }),
      ...(mutedBehaviour === undefined ? {} : { mutedBehaviour }),
    });
    return {
      enginePrompt: { packed: packPrompt(prompt), gate },
      sasrec: candidates.map((item) => behaviour.itemScore(state, item)),
      gate,
    };
  });
}

/** Remembers the states of one request: with a held gate or muted channels, many queries ask for one history's. */
function oncePerHistory<State>(
  stateOf: (history: readonly ItemId[]) => State,
): (history: readonly ItemId[]) => State {
  const states = new Map<string, State>();
  return (history) => {
    const key = history.join();
    const known = states.get(key) ?? stateOf(history);
    states.set(key, known);
    return known;
  };
}

function checkQuery(query: SlateQuery, behaviour: QueryParts["behaviour"]): void {
  const { history, candidates, heldGate, gateHistory = [], mutedText = [], mutedBehaviour = [] } = query;
  const refuse = (reason: string) => new FailureError({ kind: "bad-request", reason });
  const shown = [...(query.examples?.liked ?? []), ...(query.examples?.disliked ?? [])];
  const unknown = [...history, ...candidates, ...gateHistory, ...shown].find(
    (item) => item >= behaviour.items,
  );
  if (unknown !== undefined)
    throw refuse(`item ${unknown} is not one of the pack's ${behaviour.items} films`);
  if (candidates.length === 0) throw refuse("there is no candidate to score");
  if (heldGate !== undefined && query.gateHistory !== undefined)
    throw refuse("a gate cannot be held both by its weights and by its history");
  if (heldGate !== undefined && heldGate.length !== behaviour.experts)
    throw refuse(`${heldGate.length} gate weights were held, the pack has ${behaviour.experts} experts`);
  const nowhere = [...mutedText, ...mutedBehaviour].find((place) => history[place] === undefined);
  if (nowhere !== undefined)
    throw refuse(`place ${nowhere} was to be muted in a history of ${history.length} items`);
}
