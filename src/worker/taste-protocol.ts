/** @file What the page asks of the taste worker, as a table of calls (`call-table.ts`). It needs no model, and never waits for the engine. */
import type { ItemId } from "../core/ids.ts";
import type { PromptSettings } from "../model/pack-manifest.ts";
import type { NextWord } from "../persona/next-word.ts";
import type { JudgedItems } from "../persona/opinions.ts";
import type { Override, Stance, Support } from "../persona/persona.ts";
import type { Direction } from "../persona/preference-space.ts";
import type { CallOf, HandlersOf } from "./call-table.ts";

/** What the page has to know of a pack's preference space; the films' values stay with the worker. */
export interface TasteSpace {
  readonly pack: string;
  readonly catalogueSha256: string;
  readonly directions: readonly Direction[];
  readonly prompt: PromptSettings;
  readonly slateSize: number;
}

/** What a taste is inferred from. Decisions are pairs of a direction's id and what was decided; ids that the space lacks change nothing. */
export interface TasteSource {
  readonly opinions: JudgedItems;
  readonly decisions: readonly (readonly [direction: string, decision: Override])[];
}

/** A direction's stance without what the page knows, with the films that matter. */
export interface StanceReading
  extends Pick<Stance, "state" | "inferred" | "probability" | "value" | "deviation"> {
  /** Largest first, at most {@link MOST_SUPPORT}. */
  readonly support: readonly Support[];
  /** What all other films add together. */
  readonly rest: number;
}

/** Films that a direction's support names; the others are summed. */
export const MOST_SUPPORT = 8;

export interface TasteReading {
  /** In the order of the space. */
  readonly stances: readonly StanceReading[];
  /** Films to ask about, the kept ones first. */
  readonly asks: readonly ItemId[];
  /** What would make a direction speak, while none does. */
  readonly next: NextWord | null;
}

export interface TasteCalls {
  /** Fetches the space; `packUrl` is a folder on this origin. Everything else is refused before. */
  open: { args: { readonly packUrl: string }; reply: TasteSpace; progress: never };
  read: {
    args: TasteSource & {
      /** Never asked about. */
      readonly rated: readonly ItemId[];
      /** Watched without a rating: asked about though few have watched them. */
      readonly unrated: readonly ItemId[];
      /** Being asked about now: those not rated since stay. */
      readonly kept: readonly ItemId[];
    };
    reply: TasteReading;
    progress: never;
  };
  /** What tastes say of films, nats: one row for each taste. `mirrored`: the reverse of it in every direction, about the training users' mean. */
  weigh: {
    args: {
      readonly items: readonly ItemId[];
      readonly tastes: readonly (TasteSource & { readonly mirrored: boolean })[];
    };
    reply: readonly (readonly number[])[];
    progress: never;
  };
}

export type TasteCall = CallOf<TasteCalls>;
export type TasteHandlers = HandlersOf<TasteCalls>;
