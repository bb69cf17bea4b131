/** @file What the last change did to a taste. */
import type { ItemId } from "../core/ids.ts";
import type { JudgedItems } from "../persona/opinions.ts";
import type { DirectionState, Overrides } from "../persona/persona.ts";
import type { Direction } from "../persona/preference-space.ts";

/** Directions that are told of at most. */
const MOST_MOVED = 5;
/** A change of P(for) smaller than this is none that anyone would see. */
const LEAST_MOVE = 0.005;

/** What was changed: one film or one direction, or more than that at once. */
export type MoveCause =
  | { readonly kind: "liked" | "disliked" | "unrated"; readonly item: ItemId }
  | {
      readonly kind: "decided" | "locked" | "released";
      readonly direction: Direction;
      readonly state: DirectionState;
    }
  | { readonly kind: "several" };

export interface Standpoint {
  readonly probability: number;
  readonly state: DirectionState;
}

export interface MovedDirection {
  readonly direction: Direction;
  readonly before: Standpoint;
  readonly after: Standpoint;
}

export interface Moved {
  readonly cause: MoveCause;
  /** Those whose state changed first, then those that moved furthest. */
  readonly directions: readonly MovedDirection[];
}

interface Read {
  readonly opinions: JudgedItems;
  readonly overrides: Overrides;
  readonly stances: readonly (Standpoint & { readonly direction: Direction })[];
}

/** How `after` differs from `before`, both in the order of one space; null where neither opinions nor decisions do. */
export function movedBetween(before: Read, after: Read): Moved | null {
  const cause = causeOf(before, after);
  if (cause === null) return null;
  const size = ({ before, after }: MovedDirection) =>
    (before.state === after.state ? 0 : 1) + Math.abs(after.probability - before.probability);
  const directions = after.stances
    .flatMap((stance, d): MovedDirection[] => {
      const was = before.stances[d];
      return was === undefined
        ? []
        : [{ direction: stance.direction, before: standpoint(was), after: standpoint(stance) }];
    })
    .filter((each) => size(each) >= LEAST_MOVE)
    .sort((a, b) => size(b) - size(a))
    .slice(0, MOST_MOVED);
  return { cause, directions };
}

function standpoint({ probability, state }: Standpoint): Standpoint {
  return { probability, state };
}

function causeOf(before: Read, after: Read): MoveCause | null {
  const causes = [...opinionCauses(before.opinions, after.opinions), ...decisionCauses(before, after)];
  const [first] = causes;
  if (first === undefined) return null;
  return causes.length === 1 ? first : { kind: "several" };
}

function opinionCauses(before: JudgedItems, after: JudgedItems): MoveCause[] {
  const opinionOf = ({ liked, disliked }: JudgedItems) =>
    new Map([
      ...liked.map((item) => [item, "liked"] as const),
      ...disliked.map((item) => [item, "disliked"] as const),
    ]);
  const [was, is] = [opinionOf(before), opinionOf(after)];
  return [...new Set([...was.keys(), ...is.keys()])]
    .filter((item) => was.get(item) !== is.get(item))
    .map((item) => ({ kind: is.get(item) ?? "unrated", item }));
}

function decisionCauses(before: Read, after: Read): MoveCause[] {
  return after.stances.flatMap(({ direction, state }): MoveCause[] => {
    const [was, is] = [before.overrides.get(direction.id), after.overrides.get(direction.id)];
    if (was?.state === is?.state && was?.by === is?.by) return [];
    if (is === undefined) return [{ kind: "released", direction, state }];
    return [{ kind: is.by === "locked" ? "locked" : "decided", direction, state }];
  });
}
