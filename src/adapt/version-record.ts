/** @file Learned versions as they are stored: read record by record, so that a damaged one takes no other with it. */
import * as v from "valibot";
import { finiteSchema, parseValue, wholeSchema } from "../core/schema.ts";
import { HEAD_KINDS, type PolicyVersion, type PolicyVersions } from "./versions.ts";

const MOST_VERSIONS = 1e9;
/** More than any head has. */
const MOST_NUMBERS = 100_000;

const count = v.pipe(finiteSchema, v.minValue(0));
const recordSchema: v.GenericSchema<unknown, PolicyVersion> = v.pipe(
  v.object({
    version: wholeSchema(1, MOST_VERSIONS),
    parent: wholeSchema(0, MOST_VERSIONS),
    head: v.picklist(HEAD_KINDS),
    objective: v.picklist(["cpo", "dr-cpo"]),
    theta: v.pipe(v.array(finiteSchema), v.minLength(1), v.maxLength(MOST_NUMBERS)),
    weighs: v.pipe(v.array(v.pipe(v.string(), v.maxLength(100))), v.maxLength(MOST_NUMBERS)),
    figures: v.object({
      rows: count,
      effectiveSize: count,
      currentValue: finiteSchema,
      proposedValue: finiteSchema,
      improvement: v.object({
        value: finiteSchema,
        standardError: count,
        low: finiteSchema,
        high: finiteSchema,
      }),
      confidence: v.pipe(finiteSchema, v.gtValue(0), v.ltValue(1)),
    }),
    acceptedAt: wholeSchema(0, Number.MAX_SAFE_INTEGER),
  }),
  v.check(({ version, parent }) => parent < version, "parent is not an earlier version"),
);

export interface StoredVersions {
  readonly versions: PolicyVersions;
  /** They stay stored as they are. The version in force may be among them: the model as it was trained then is. */
  readonly unreadable: readonly { readonly version: number; readonly reason: string }[];
}

/** What is stored under every number, and which of them is in force. */
export function readVersions(
  stored: readonly { readonly version: number; readonly record: unknown }[],
  current: unknown,
): StoredVersions {
  const records: PolicyVersion[] = [];
  const unreadable: { version: number; reason: string }[] = [];
  for (const { version, record } of stored) {
    const read = parseValue(record, recordSchema, null);
    if (typeof read === "string") unreadable.push({ version, reason: read });
    else if (read.version !== version) unreadable.push({ version, reason: `it says ${read.version}` });
    else records.push(read);
  }
  records.sort((a, b) => a.version - b.version);
  return { versions: settled({ current: Number(current), records }), unreadable };
}

/** With a version in force that there is a record of; otherwise with none. */
export function settled({ current, records }: PolicyVersions): PolicyVersions {
  return { current: records.some(({ version }) => version === current) ? current : 0, records };
}
