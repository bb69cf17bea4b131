import type { ItemId } from "../core/ids.ts";
import type { BehaviourModel } from "../engine/engine.ts";

/** Enough for every question of a request and the ones beside it. */
const MOST_STATES = 512;

/** The same model, where the states of the last histories are computed once: several questions about one history need it each. */
export function rememberStates(model: BehaviourModel): BehaviourModel {
  const states = new Map<string, Float32Array>();
  return {
    items: model.items,
    experts: model.experts,
    nullBehaviour: model.nullBehaviour,
    state(history: readonly ItemId[]) {
      const key = history.join();
      const known = states.get(key) ?? model.state(history);
      if (states.size >= MOST_STATES) states.clear();
      states.set(key, known);
      return known;
    },
    gate: (state) => model.gate(state),
    itemScores: (state) => model.itemScores(state),
    itemScore: (state, item) => model.itemScore(state, item),
    embed: (item) => model.embed(item),
  };
}
