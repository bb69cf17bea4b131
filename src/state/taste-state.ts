/** @file What the taste page knows. */
import type { Failure } from "../core/failure.ts";
import type { ItemId } from "../core/ids.ts";
import type { UnusableDecision } from "../persona/decisions.ts";
import type { NextWord } from "../persona/next-word.ts";
import type { JudgedItems } from "../persona/opinions.ts";
import type { Override, Overrides } from "../persona/persona.ts";
import type { Direction } from "../persona/preference-space.ts";
import type { RankedItem } from "../scores/recommend.ts";
import type { RankedByTaste } from "../scores/taste-ranking.ts";
import type { ShownConditioning } from "../scores/told.ts";
import type { StanceReading, TasteSource, TasteSpace } from "../worker/taste-protocol.ts";
import type { FilmIndex } from "./film-index.ts";
import type { Moved } from "./taste-moved.ts";
import type { GivenOpinion } from "./taste-opinions.ts";

/** Where a direction stands, as the page shows it. */
export interface TasteStance extends StanceReading {
  readonly direction: Direction;
  readonly override: Override | null;
}

/** A taste as it was read out of opinions and decisions. */
export interface ReadTaste {
  readonly opinions: JudgedItems;
  readonly overrides: Overrides;
  /** In the order of the space. */
  readonly stances: readonly TasteStance[];
  readonly asks: readonly ItemId[];
  readonly next: NextWord | null;
}

/** Whose taste stands beside one's own. */
export type Rival =
  | { readonly kind: "mirror" | "everyone" | "blockbusters" | "classics" }
  | { readonly kind: "file"; readonly file: string; readonly source: TasteSource };

/** One slate ranked twice: by one's own taste and by the rival's. */
export interface Duel {
  readonly own: readonly RankedByTaste[];
  readonly rival: readonly RankedByTaste[];
  /** The order without any taste. */
  readonly plain: readonly RankedItem[];
  readonly against: Rival;
}

/** One slate ranked by the model, told different things. */
export type ToldRankings =
  | { readonly phase: "none" | "computing" }
  | { readonly phase: "failed"; readonly failure: Failure }
  | {
      readonly phase: "ready";
      readonly rankings: readonly {
        readonly conditioning: ShownConditioning;
        readonly ranked: readonly RankedItem[];
      }[];
    };

/** What came of opening a persona file. */
export interface OpenedPersona {
  readonly file: string;
  /** Decisions taken over. */
  readonly taken: number;
  readonly unusable: readonly UnusableDecision[];
  /** Films of its ratings that the pack does not have; only a rival's ratings are read. */
  readonly unknownFilms: number;
  readonly isOfCatalogue: boolean;
  readonly use: "mine" | "rival";
}

export interface TasteState {
  readonly space:
    | { readonly phase: "idle" | "loading" }
    | { readonly phase: "failed"; readonly failure: Failure }
    | { readonly phase: "ready"; readonly space: TasteSpace };
  readonly overrides: Overrides;
  /** A stored text of decisions that could not be read, whole or in part. */
  readonly damaged: string | null;
  /** The last refusal of storage, or of a file. */
  readonly failure: Failure | null;
  /** Decisions before the last step that took several away. */
  readonly undo: Overrides | null;
  /** Null before the first reading. The last one stays on screen while the next is under way. */
  readonly reading: ReadTaste | null;
  readonly films: FilmIndex | null;
  readonly busy: boolean;
  /** Why there is no newer reading. */
  readonly unread: Failure | null;
  readonly moved: Moved | null;
  /** The last like or dislike of this page, while it can be taken back. */
  readonly given: GivenOpinion | null;
  readonly rival: Rival;
  readonly duel: Duel | null;
  /** True: the whole slate stands to choose, not only the films that are shown. */
  readonly wide: boolean;
  readonly widening: boolean;
  readonly told: ToldRankings;
  readonly opened: OpenedPersona | null;
}
