import type { EventIndex, ItemId, TokenId } from "../core/ids.ts";

/**
 * One position of a prompt. It remembers the history item it came from (`source`; null for the template and for candidates), so
 * that an effect is traced back without matching strings.
 */
export type Slot =
  | { readonly kind: "text"; readonly token: TokenId; readonly source: EventIndex | null }
  /** `item` null is the trained null vector: the behaviour channel is off. */
  | { readonly kind: "behaviour"; readonly item: ItemId | null; readonly source: EventIndex | null };

/** One candidate: its slots continue from the end of the prefix and see only the prefix and themselves. */
export interface Branch {
  readonly item: ItemId;
  readonly slots: readonly Slot[];
}

/** A shared prefix and one branch per candidate (tree attention). The verdict is read at each branch's last slot. */
export interface Prompt {
  readonly prefix: readonly Slot[];
  readonly branches: readonly Branch[];
}
