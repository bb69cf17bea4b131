/** @file Interventions as data: what is done to a history, and the question to the model that this makes. */
import { type EventIndex, eventIndex, type ItemId } from "../core/ids.ts";
import { invariant, present } from "../core/invariant.ts";
import type { SlateQuery } from "../scores/score-fn.ts";

/** A prediction as it was shown: everything an intervention starts from. */
export interface Scene {
  /** Kept items, oldest first. */
  readonly history: readonly ItemId[];
  readonly candidates: readonly ItemId[];
  /** How many of the last items stand in the prompt: these are explained. Older ones stay the recommender's context, whatever is done. */
  readonly promptItems: number;
  /** How many of the last items the recommender sees (the pack's `sasrec.maxLength`). */
  readonly recommenderItems: number;
  /**
   * What happens to a place that falls free. False (default): it stays free, or an older item would move in and be part of the
   * effect. True: older items move in, into the prompt and into the recommender's sight, as on the page when a user edits the history.
   */
  readonly refill?: boolean;
}

/** Events are those of the scene's history, whatever else is done to it: the order of interventions means nothing but among additions. */
export type Intervention =
  | { readonly kind: "remove"; readonly events: readonly EventIndex[] }
  | { readonly kind: "replace"; readonly event: EventIndex; readonly by: ItemId }
  /** Watched last. In a full prompt the oldest item leaves, as on the page, and becomes context. */
  | { readonly kind: "add"; readonly item: ItemId }
  | { readonly kind: "mute-text"; readonly events: readonly EventIndex[] }
  | { readonly kind: "mute-behaviour"; readonly events: readonly EventIndex[] }
  /** All explained items go; the recommender's older context stays. */
  | { readonly kind: "empty-history" }
  /** The gate stays at that of the untouched history. The recommender's score does not: see `values.ts`. */
  | { readonly kind: "hold-gate" }
  | { readonly kind: "set-gate"; readonly gate: readonly number[] };

/** The items that stand in the prompt, oldest first. */
export function explainedEvents({ history, promptItems, recommenderItems }: Scene): EventIndex[] {
  const count = Math.min(promptItems, recommenderItems, history.length);
  return Array.from({ length: count }, (_, i) => eventIndex(history.length - count + i));
}

/**
 * The question to ask after all of `interventions`. To mute what is removed, and to remove twice, changes nothing more; to replace an item
 * twice, or to hold two gates, is a bug of the caller. Without interventions: the question that the page asked.
 */
export function applyInterventions(scene: Scene, interventions: readonly Intervention[]): SlateQuery {
  const { history, candidates, promptItems, refill = false } = scene;
  const explained = explainedEvents(scene);
  const changes = collect(scene, interventions, explained);
  // What the recommender cannot see is cut off first: it changes nothing, but would move in when another item is taken out.
  const firstSeen = refill ? 0 : Math.max(0, history.length - scene.recommenderItems);
  const seen = firstSeen === 0 ? history : history.slice(firstSeen);
  const kept = [...seen.keys()]
    .map((at) => eventIndex(firstSeen + at))
    .filter((e) => !changes.removed.has(e));
  const stillExplained = explained.filter((event) => !changes.removed.has(event)).length;
  const places = (muted: ReadonlySet<EventIndex>) =>
    kept.flatMap((event, place) => (muted.has(event) ? [place] : []));
  const [mutedText, mutedBehaviour] = [places(changes.mutedText), places(changes.mutedBehaviour)];
  return {
    history: [
      ...kept.map((event) => changes.replaced.get(event) ?? present(history[event], `item ${event}`)),
      ...changes.added,
    ],
    candidates,
    promptItems: refill ? promptItems : Math.min(promptItems, stillExplained + changes.added.length),
    ...(changes.holdsGate ? { gateHistory: seen } : {}),
    ...(changes.gate === null ? {} : { heldGate: changes.gate }),
    ...(mutedText.length === 0 ? {} : { mutedText }),
    ...(mutedBehaviour.length === 0 ? {} : { mutedBehaviour }),
  };
}

interface Changes {
  readonly removed: Set<EventIndex>;
  readonly replaced: Map<EventIndex, ItemId>;
  readonly added: ItemId[];
  readonly mutedText: Set<EventIndex>;
  readonly mutedBehaviour: Set<EventIndex>;
  holdsGate: boolean;
  gate: readonly number[] | null;
}

function collect(
  { history }: Scene,
  interventions: readonly Intervention[],
  explained: readonly EventIndex[],
): Changes {
  const changes: Changes = {
    removed: new Set(),
    replaced: new Map(),
    added: [],
    mutedText: new Set(),
    mutedBehaviour: new Set(),
    holdsGate: false,
    gate: null,
  };
  const put = (events: readonly EventIndex[], into: Set<EventIndex>) => {
    for (const event of events) {
      invariant(event < history.length, `a history of ${history.length} has no event ${event}`);
      into.add(event);
    }
  };
  for (const intervention of interventions)
    switch (intervention.kind) {
      case "remove":
        put(intervention.events, changes.removed);
        break;
      case "replace":
        invariant(intervention.event < history.length, `there is no event ${intervention.event} to replace`);
        invariant(
          !changes.replaced.has(intervention.event),
          `event ${intervention.event} was to be replaced twice`,
        );
        changes.replaced.set(intervention.event, intervention.by);
        break;
      case "add":
        changes.added.push(intervention.item);
        break;
      case "mute-text":
        put(intervention.events, changes.mutedText);
        break;
      case "mute-behaviour":
        put(intervention.events, changes.mutedBehaviour);
        break;
      case "empty-history":
        put(explained, changes.removed);
        break;
      case "hold-gate":
        changes.holdsGate = true;
        break;
      case "set-gate":
        invariant(changes.gate === null, "two gates were to be set");
        changes.gate = intervention.gate;
        break;
      default:
        return intervention satisfies never;
    }
  invariant(!changes.holdsGate || changes.gate === null, "a gate was to be held and set");
  return changes;
}
