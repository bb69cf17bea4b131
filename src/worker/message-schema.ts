/** @file Both ends of the engine worker check what the other sends: a message that does not fit the protocol never reaches the code behind. */
import * as v from "valibot";
import type { AuditReport } from "../attribution/audit.ts";
import type { ItemChannels } from "../attribution/channels.ts";
import type { HistoryEdit } from "../attribution/counterfactual.ts";
import type { EffectMatrix, ItemEffects } from "../attribution/effect.ts";
import type { Standing } from "../attribution/standings.ts";
import { type EventIndex, eventIndex, type TokenId, tokenId } from "../core/ids.ts";
import { finiteSchema, fractionSchema } from "../core/schema.ts";
import { MOST_SPOKEN } from "../persona/persona.ts";
import type { DescribedSlot } from "../prompt/describe-prompt.ts";
import { MOST_EXAMPLES, type Told } from "../scores/told.ts";
import { count, failure, folder, item, nothing, type Schema, type SchemasOf } from "./call-table.ts";
import type { Calls, EngineInfo } from "./protocol.ts";

const reals = v.array(finiteSchema);
const items = v.array(item);

/** Longest history that a request may carry; the prompt takes its last part. */
const MAX_HISTORY = 30_000;
/** Most candidates of one request: five times the largest slate. */
const MAX_CANDIDATES = 500;
/** Most pairs of orders of one estimate: beyond it even ten films are cheaper exactly. */
const MAX_PAIRS = 1024;
/** Most questions of one search. */
const MAX_BUDGET = 10_000;
/** Most films that a search may add. */
const MAX_ADDITIONS = 100;
const history = v.pipe(items, v.maxLength(MAX_HISTORY));
const candidates = v.pipe(items, v.minLength(1), v.maxLength(MAX_CANDIDATES));

const engineInfo: Schema<EngineInfo> = v.object({
  backend: v.picklist(["webgpu", "wasm"]),
  adapterName: v.string(),
  layers: count,
  experts: count,
  weightBytes: count,
  peakBytes: count,
  tokensPerSecond: v.nullable(finiteSchema),
  fallback: v.nullable(failure),
});

const historyEvent: Schema<EventIndex> = v.pipe(count, v.transform(eventIndex));
const seed = count;
const itemEffects: Schema<ItemEffects> = v.object({
  event: historyEvent,
  item,
  deltaNats: reals,
  deltaProbability: reals,
  deltaShown: reals,
  standardError: v.exactOptional(reals),
  replacedBy: v.exactOptional(items),
});

const question = v.picklist(["total", "prompt-only"]);
const value = v.picklist(["verdict", "contrast"]);
const method = v.picklist(["leave-one-out", "replacement", "shapley"]);
const pairs = v.pipe(count, v.minValue(1), v.maxValue(MAX_PAIRS));
/** What decides a map, but for the draws behind it. */
const askedMap = {
  history,
  candidates,
  question,
  value: v.exactOptional(value),
  method,
  pairs: v.exactOptional(pairs),
};
const effectMatrix: Schema<EffectMatrix> = v.object({
  method,
  question,
  value: v.exactOptional(value),
  history,
  candidates,
  fullVerdict: reals,
  rows: v.array(itemEffects),
  forwardPasses: count,
  seed: v.exactOptional(seed),
  pairs: v.exactOptional(pairs),
});
const workProgress = v.object({ done: count, total: count });

const channelValues = {
  v11: reals,
  v10: reals,
  v01: reals,
  v00: reals,
  text: reals,
  behaviour: reals,
  interaction: reals,
};
const itemChannels: Schema<ItemChannels> = v.object({ event: historyEvent, item, ...channelValues });

const token: Schema<TokenId> = v.pipe(count, v.transform(tokenId));
const tokenStrip = v.object({
  item,
  tokens: v.array(
    v.object({
      token,
      text: v.string(),
      logWith: finiteSchema,
      logWithout: finiteSchema,
      deltaNats: finiteSchema,
      deltaProbability: finiteSchema,
    }),
  ),
  deltaNats: finiteSchema,
});

const auditReport: Schema<AuditReport> = v.object({
  method,
  question,
  candidates,
  completeness: v.object({ sum: reals, whole: reals, error: reals, expected: v.boolean() }),
  deletion: v.object({ top: reals, random: reals, randomDraws: count, ratio: finiteSchema }),
  randomised: v.object({ rankCorrelation: finiteSchema }),
  stability: v.nullable(v.object({ rankCorrelation: finiteSchema, seeds: count })),
  forwardPasses: count,
  milliseconds: finiteSchema,
  checks: v.array(
    v.object({
      name: v.picklist(["completeness", "deletion", "randomised", "stability"]),
      passed: v.boolean(),
      value: finiteSchema,
      bound: finiteSchema,
    }),
  ),
  passed: v.boolean(),
});

const phrases = v.pipe(
  v.array(v.pipe(v.string(), v.minLength(1), v.maxLength(300))),
  v.maxLength(MOST_SPOKEN),
);
const examples = v.pipe(items, v.maxLength(MOST_EXAMPLES));
const told: Schema<Told> = v.object({
  persona: v.exactOptional(v.object({ likes: phrases, dislikes: phrases })),
  examples: v.exactOptional(v.object({ liked: examples, disliked: examples })),
});

const standings: Schema<Standing[]> = v.array(
  v.object({ item, verdict: finiteSchema, shown: finiteSchema, probability: fractionSchema, rank: count }),
);
const historyEdit: Schema<HistoryEdit> = v.object({ removed: v.array(historyEvent), added: items });
/** Infinite where there is no other film to beat. */
const margin = v.number();
const event = v.nullable(count);
const slot: Schema<DescribedSlot> = v.variant("kind", [
  v.object({ kind: v.literal("text"), token: count, text: v.string(), event }),
  v.object({ kind: v.literal("behaviour"), item: v.nullable(item), event, norm: finiteSchema }),
]);

export const callSchemas: SchemasOf<Calls> = {
  load: {
    args: v.object({ baseUrl: folder, packUrl: folder, backend: v.picklist(["auto", "webgpu", "wasm"]) }),
    reply: engineInfo,
    progress: v.object({
      stage: v.picklist(["fetching", "verifying", "preparing", "probing"]),
      loadedBytes: count,
      totalBytes: count,
    }),
  },
  recommend: {
    args: v.object({
      history,
      seen: history,
      top: v.pipe(count, v.minValue(1), v.maxValue(MAX_CANDIDATES)),
      told: v.exactOptional(told),
    }),
    reply: v.object({
      ranked: v.array(
        v.object({
          item,
          verdict: finiteSchema,
          sasrec: finiteSchema,
          shown: finiteSchema,
          probability: fractionSchema,
          sasrecRank: count,
        }),
      ),
      slateSize: count,
      personal: v.boolean(),
      gate: reals,
      promptTokens: count,
      milliseconds: finiteSchema,
    }),
    progress: nothing,
  },
  explain: {
    args: v.object({ ...askedMap, seed }),
    reply: effectMatrix,
    progress: v.object({ rows: v.array(itemEffects), done: count, total: count }),
  },
  channels: {
    args: v.object({ history, candidates }),
    reply: v.object({
      candidates,
      items: v.array(itemChannels),
      whole: v.object(channelValues),
      forwardPasses: count,
    }),
    progress: v.object({ item: itemChannels, done: count, total: count }),
  },
  strip: {
    args: v.object({ history, candidates, question }),
    reply: v.array(tokenStrip),
    progress: nothing,
  },
  audit: {
    args: v.object({ matrix: effectMatrix, seed }),
    reply: auditReport,
    progress: workProgress,
  },
  counterfactual: {
    args: v.object({
      history,
      seen: history,
      target: item,
      additions: v.pipe(items, v.maxLength(MAX_ADDITIONS)),
      budget: v.pipe(count, v.minValue(1), v.maxValue(MAX_BUDGET)),
    }),
    reply: v.object({
      target: item,
      outcome: v.picklist(["already-first", "found", "budget-spent", "none"]),
      edit: v.nullable(historyEdit),
      isSmallest: v.boolean(),
      isOffered: v.boolean(),
      marginBefore: margin,
      marginAfter: v.nullable(margin),
      before: standings,
      after: v.nullable(standings),
      closest: v.nullable(v.object({ edit: historyEdit, margin, standings })),
      forwardPasses: count,
    }),
    progress: v.object({ passes: count, budget: count, size: count, margin: v.nullable(margin) }),
  },
  whatIf: {
    args: v.object({ history, seen: history, item }),
    reply: v.object({
      item,
      before: standings,
      after: standings,
      pushedOut: v.nullable(historyEvent),
      forwardPasses: count,
    }),
    progress: nothing,
  },
  evidence: {
    args: v.object(askedMap),
    reply: v.string(),
    progress: nothing,
  },
  inspect: {
    args: v.object({ history, candidates }),
    reply: v.object({
      prefix: v.array(slot),
      branches: v.array(v.object({ item, slots: v.array(slot) })),
      gate: reals,
    }),
    progress: nothing,
  },
  status: { args: v.strictObject({}), reply: engineInfo, progress: nothing },
};
