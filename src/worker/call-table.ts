/** @file What every worker of the page has in common: a table of calls, the messages that carry them, and their checks at both ends. */
import * as v from "valibot";
import type { Failure } from "../core/failure.ts";
import { type ItemId, itemId } from "../core/ids.ts";

/** Arguments, reply and progress of every call; `never` where a call reports no progress. Everything survives structured cloning. */
export type CallTable<Names extends string> = {
  readonly [Name in Names]: { readonly args: unknown; readonly reply: unknown; readonly progress: unknown };
};

export type NameOf<Table> = keyof Table & string;

/** How the page reaches a worker. Rejects with a FailureError; an aborted signal gives `cancelled`. */
export type CallOf<Table extends CallTable<NameOf<Table>>> = <Name extends NameOf<Table>>(
  name: Name,
  args: Table[Name]["args"],
  options?: {
    readonly signal?: AbortSignal;
    readonly onProgress?: (progress: Table[Name]["progress"]) => void;
  },
) => Promise<Table[Name]["reply"]>;

export type HandlersOf<Table extends CallTable<NameOf<Table>>> = {
  readonly [Name in NameOf<Table>]: (
    args: Table[Name]["args"],
    context: {
      readonly signal: AbortSignal;
      readonly onProgress: (progress: Table[Name]["progress"]) => void;
    },
  ) => Promise<Table[Name]["reply"]>;
};

export type Schema<Output> = v.GenericSchema<unknown, Output>;

/** What every call takes, gives and reports, as it must arrive on the other side. */
export type SchemasOf<Table extends CallTable<NameOf<Table>>> = {
  readonly [Name in NameOf<Table>]: {
    readonly args: Schema<Table[Name]["args"]>;
    readonly reply: Schema<Table[Name]["reply"]>;
    readonly progress: Schema<Table[Name]["progress"]>;
  };
};

export type ToWorker =
  | { readonly kind: "call"; readonly id: number; readonly name: string; readonly args: unknown }
  | { readonly kind: "cancel"; readonly id: number };

export type FromWorker =
  | { readonly kind: "reply"; readonly id: number; readonly reply: unknown }
  | { readonly kind: "progress"; readonly id: number; readonly progress: unknown }
  | { readonly kind: "failure"; readonly id: number; readonly failure: Failure };

export const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
export const item: Schema<ItemId> = v.pipe(count, v.transform(itemId));
/** A folder on this origin: no scheme, no host. */
export const folder = v.pipe(v.string(), v.regex(/^\.{0,2}\/(?!\/)/, "must be a path on this origin"));
export const nothing = v.never("this call reports no progress");

export const failure: Schema<Failure> = v.variant("kind", [
  v.object({ kind: v.literal("file-missing"), file: v.string(), status: v.nullable(v.number()) }),
  v.object({
    kind: v.literal("file-short"),
    file: v.string(),
    expectedBytes: v.number(),
    actualBytes: v.number(),
  }),
  v.object({
    kind: v.literal("file-altered"),
    file: v.string(),
    expectedSha256: v.string(),
    actualSha256: v.string(),
  }),
  v.object({ kind: v.literal("file-invalid"), file: v.string(), reason: v.string() }),
  v.object({ kind: v.literal("model-unsupported"), file: v.string(), reason: v.string() }),
  v.object({ kind: v.literal("no-webgpu"), reason: v.string() }),
  v.object({ kind: v.literal("device-lost"), reason: v.string() }),
  v.object({ kind: v.literal("device-lost-twice"), reason: v.string() }),
  v.object({
    kind: v.literal("out-of-memory"),
    backend: v.string(),
    part: v.picklist(["weights", "pass"]),
    bytes: v.nullable(v.number()),
    reason: v.string(),
  }),
  v.object({
    kind: v.literal("probe-mismatch"),
    backend: v.string(),
    // Not finite when the backend computed NaN: that is a mismatch too.
    worst: v.union([v.number(), v.nan()]),
    tolerance: v.number(),
  }),
  v.object({ kind: v.literal("unknown-title"), title: v.string(), nearest: v.array(v.string()) }),
  v.object({ kind: v.literal("titles-needed"), pack: v.string() }),
  v.object({ kind: v.literal("bad-request"), reason: v.string() }),
  v.object({ kind: v.literal("storage-failed"), operation: v.string(), reason: v.string() }),
  v.object({ kind: v.literal("cancelled") }),
  v.object({ kind: v.literal("bug"), message: v.string() }),
]);

const id = count;

export const toWorkerSchema: Schema<ToWorker> = v.variant("kind", [
  v.object({ kind: v.literal("call"), id, name: v.string(), args: v.unknown() }),
  v.object({ kind: v.literal("cancel"), id }),
]);

export const fromWorkerSchema: Schema<FromWorker> = v.variant("kind", [
  v.object({ kind: v.literal("reply"), id, reply: v.unknown() }),
  v.object({ kind: v.literal("progress"), id, progress: v.unknown() }),
  v.object({ kind: v.literal("failure"), id, failure }),
]);

/** "ranked.0.verdict: Invalid type …": what does not fit and where. */
export function describeMisfit(issues: readonly v.BaseIssue<unknown>[]): string {
  return issues
    .slice(0, 3)
    .map((issue) => [v.getDotPath(issue), issue.message].filter((part) => part !== null).join(": "))
    .join("; ");
}
