/** @file What a person decided about directions, as data that is kept on the device and goes into files: each entry is read by itself, so that a bad one costs no other. */
import * as v from "valibot";
import { parseValue } from "../core/schema.ts";
import type { Overrides } from "./persona.ts";

/** No space has as many directions; more is not a person's. */
const MOST_DECISIONS = 1000;

const decisionSchema = v.object({
  direction: v.pipe(
    v.string(),
    v.regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, "expected words joined by hyphens"),
    v.maxLength(100),
  ),
  state: v.picklist(["for", "against", "neutral"]),
  by: v.picklist(["set", "locked"]),
});
export type Decision = v.InferOutput<typeof decisionSchema>;

/** Entries of a document: whether they are decisions is seen one by one. */
export const decisionListSchema = v.pipe(v.array(v.unknown()), v.maxLength(MOST_DECISIONS));

/** An entry that could not be used: how it is called (its direction's id, or its place from 1), and why. */
export interface UnusableDecision {
  readonly name: string;
  readonly reason: "malformed" | "twice" | "unknown";
}

export interface ReadDecisions {
  readonly overrides: Overrides;
  readonly unusable: readonly UnusableDecision[];
}

/** Sorts entries into decisions and what cannot be used. `knows` tells the directions of the space; without it every id is taken. */
export function readDecisions(
  entries: readonly unknown[],
  knows: (direction: string) => boolean = () => true,
): ReadDecisions {
  const overrides = new Map<string, Pick<Decision, "state" | "by">>();
  const unusable: UnusableDecision[] = [];
  for (const [at, entry] of entries.entries()) {
    const decision = parseValue(entry, decisionSchema, null);
    if (typeof decision === "string") unusable.push({ name: `${at + 1}`, reason: "malformed" });
    else {
      const { direction: name, state, by } = decision;
      if (!knows(name)) unusable.push({ name, reason: "unknown" });
      else if (overrides.has(name)) unusable.push({ name, reason: "twice" });
      else overrides.set(name, { state, by });
    }
  }
  return { overrides, unusable };
}

export function writeDecisions(overrides: Overrides): readonly Decision[] {
  return [...overrides].map(([direction, { state, by }]) => ({ direction, state, by }));
}
