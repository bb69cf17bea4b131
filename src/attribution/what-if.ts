/** @file "What if I had also watched Y?": the candidates before and after, Y being the last item of the history. */
import { FailureError } from "../core/failure.ts";
import type { EventIndex, ItemId } from "../core/ids.ts";
import { present } from "../core/invariant.ts";
import type { ScoreFn } from "../scores/score-fn.ts";
import { intervene } from "./intervene.ts";
import { explainedEvents, type Scene } from "./intervention.ts";
import { type Standing, standings } from "./standings.ts";

export interface WhatIf {
  readonly item: ItemId;
  /** The scene's candidates but Y, which would be no candidate any more; before and after in the same order. */
  readonly before: readonly Standing[];
  readonly after: readonly Standing[];
  /** The event that leaves a full prompt for Y, as on the page; null where there is room. */
  readonly pushedOut: EventIndex | null;
  readonly forwardPasses: number;
}

/** Rejects with `bad-request` where Y is in the history already or is the only candidate, and with `cancelled`. */
export async function whatIf(
  scene: Scene,
  item: ItemId,
  score: ScoreFn,
  signal?: AbortSignal,
): Promise<WhatIf> {
  const candidates = scene.candidates.filter((candidate) => candidate !== item);
  const refuse = (reason: string) => new FailureError({ kind: "bad-request", reason });
  if (scene.history.includes(item)) throw refuse(`item ${item} was watched already`);
  if (candidates.length === 0) throw refuse(`no candidate is left beside item ${item}`);
  const [before, after] = await intervene({ ...scene, candidates }, [[], [{ kind: "add", item }]], score, {
    signal,
  });
  const explained = explainedEvents(scene);
  return {
    item,
    before: standings(candidates, present(before, "the answer before")),
    after: standings(candidates, present(after, "the answer after")),
    pushedOut: explained.length < scene.promptItems ? null : (explained[0] ?? null),
    forwardPasses: 2,
  };
}
