import type { Call } from "../worker/protocol.ts";
import type { TasteCall } from "../worker/taste-protocol.ts";
import type { AppStore } from "./app-store.ts";
import type { TextStorage } from "./taste-decisions.ts";
import type { TasteState } from "./taste-state.ts";

/** What the taste page's store is made of. */
export interface TasteStoreParts {
  readonly call: TasteCall;
  readonly engine: Call;
  /** The page's store: whose history is followed, and where ratings go. */
  readonly app: AppStore;
  readonly storage: TextStorage;
  readonly packUrl: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** What each part of the store works with. */
export interface TasteContext extends TasteStoreParts {
  readonly get: () => TasteState;
  readonly set: (part: Partial<TasteState>) => void;
}
