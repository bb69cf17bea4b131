/** @file Both ends of the taste worker check what the other sends. */
import * as v from "valibot";
import { finiteSchema, fractionSchema, sha256Schema } from "../core/schema.ts";
import type { Override } from "../persona/persona.ts";
import type { Direction } from "../persona/preference-space.ts";
import { count, folder, item, nothing, type Schema, type SchemasOf } from "./call-table.ts";
import type { StanceReading, TasteCalls } from "./taste-protocol.ts";

/** Longest list of films that a request may carry. */
const MAX_FILMS = 30_000;
const MAX_DECISIONS = 1000;
/** Films and tastes that are weighed at once. */
const MAX_WEIGHED = 500;
const MAX_TASTES = 8;

const items = v.pipe(v.array(item), v.maxLength(MAX_FILMS));
const state = v.picklist(["for", "against", "neutral"]);
const override: Schema<Override> = v.object({ state, by: v.picklist(["set", "locked"]) });
const source = {
  opinions: v.object({ liked: items, disliked: items }),
  decisions: v.pipe(v.array(v.tuple([v.string(), override])), v.maxLength(MAX_DECISIONS)),
};

const bilingual = v.object({ en: v.string(), ja: v.string() });
const direction: Schema<Direction> = v.object({
  id: v.string(),
  name: bilingual,
  definition: bilingual,
  phrase: v.string(),
  kind: v.picklist(["binary", "quantile"]),
});
const stance: Schema<StanceReading> = v.object({
  state,
  inferred: state,
  probability: fractionSchema,
  value: finiteSchema,
  deviation: finiteSchema,
  support: v.array(v.object({ item, other: v.nullable(item), value: finiteSchema })),
  rest: finiteSchema,
});

export const tasteSchemas: SchemasOf<TasteCalls> = {
  open: {
    args: v.object({ packUrl: folder }),
    reply: v.object({
      pack: v.string(),
      catalogueSha256: sha256Schema,
      directions: v.array(direction),
      prompt: v.object({
        template: v.literal("watch-next-v1"),
        year: v.picklist(["always", "when-ambiguous"]),
        historyItems: count,
        maxTitleTokens: count,
        pieces: v.exactOptional(v.array(v.picklist(["persona", "examples"]))),
      }),
      slateSize: count,
    }),
    progress: nothing,
  },
  read: {
    args: v.object({ ...source, rated: items, unrated: items, kept: items }),
    reply: v.object({
      stances: v.array(stance),
      asks: v.array(item),
      next: v.nullable(
        v.object({ direction: count, item, liked: v.boolean(), probability: fractionSchema, state }),
      ),
    }),
    progress: nothing,
  },
  weigh: {
    args: v.object({
      items: v.pipe(v.array(item), v.maxLength(MAX_WEIGHED)),
      tastes: v.pipe(v.array(v.object({ ...source, mirrored: v.boolean() })), v.maxLength(MAX_TASTES)),
    }),
    reply: v.array(v.array(finiteSchema)),
    progress: nothing,
  },
};
