/** @file What has been learned, version by version. Nothing is forgotten on undo: rows of a log name the version that drew them. */
import { invariant, present } from "../core/invariant.ts";
import type { UpdateFigures } from "./update.ts";

export const HEAD_KINDS = ["linear", "bilinear", "gate-offset"] as const;
export type HeadKind = (typeof HEAD_KINDS)[number];

export interface PolicyVersion {
  /** From 1 up; 0 is the policy as it was trained and has no record. */
  readonly version: number;
  /** The version that it replaced. */
  readonly parent: number;
  readonly head: HeadKind;
  readonly objective: "cpo" | "dr-cpo";
  readonly theta: readonly number[];
  /** What each number of theta weighs: ids of preference directions for the linear head of the app. Elsewhere theta means something else. */
  readonly weighs: readonly string[];
  readonly figures: UpdateFigures;
  /** Milliseconds since 1970. */
  readonly acceptedAt: number;
}

export interface PolicyVersions {
  /** The version in force. */
  readonly current: number;
  /** By `version`, ascending. */
  readonly records: readonly PolicyVersion[];
}

export const NOTHING_LEARNED: PolicyVersions = { current: 0, records: [] };

/** The record in force; null for the policy as it was trained. */
export function currentVersion({ current, records }: PolicyVersions): PolicyVersion | null {
  return current === 0
    ? null
    : present(
        records.find(({ version }) => version === current),
        `version ${current}`,
      );
}

/** What comes into force, before it has a number. */
export type AcceptedPolicy = Omit<PolicyVersion, "version" | "parent">;

/** With a new version in force, its number above `lastUsed` and above that of every record: a log may name numbers whose records are gone. */
export function adoptVersion(
  versions: PolicyVersions,
  accepted: AcceptedPolicy,
  lastUsed = 0,
): PolicyVersions {
  invariant(accepted.figures.improvement.low > 0, "only what was accepted comes into force");
  const version = Math.max(lastUsed, versions.records.at(-1)?.version ?? 0) + 1;
  return {
    current: version,
    records: [...versions.records, { ...accepted, version, parent: versions.current }],
  };
}

/** With the version before in force; the same where nothing has been learned. */
export function undoVersion(versions: PolicyVersions): PolicyVersions {
  const record = currentVersion(versions);
  return record === null ? versions : { ...versions, current: record.parent };
}
