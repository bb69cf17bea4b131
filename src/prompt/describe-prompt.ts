/** @file A prompt as people can read it: every position with its text or its behaviour vector's length. */
import type { ItemId } from "../core/ids.ts";
import type { Tokenizer } from "../model/tokenizer.ts";
import type { Prompt, Slot } from "./slot.ts";

export type DescribedSlot =
  | {
      readonly kind: "text";
      readonly token: number;
      /** U+FFFD where the token is only part of a character. */
      readonly text: string;
      readonly event: number | null;
    }
  | {
      readonly kind: "behaviour";
      readonly item: ItemId | null;
      readonly event: number | null;
      /** L2 norm of the vector that stands at this position. */
      readonly norm: number;
    };

export interface DescribedPrompt {
  readonly prefix: readonly DescribedSlot[];
  readonly branches: readonly { readonly item: ItemId; readonly slots: readonly DescribedSlot[] }[];
}

/** The vectors that stand at behaviour slots, each [embedding width]. */
export interface BehaviourVectors {
  embed(item: ItemId): Float32Array;
  readonly nullBehaviour: Float32Array;
}

export function describePrompt(
  prompt: Prompt,
  tokenizer: Tokenizer,
  vectors: BehaviourVectors,
): DescribedPrompt {
  const describe = (slot: Slot): DescribedSlot =>
    slot.kind === "text"
      ? { kind: "text", token: slot.token, text: tokenizer.decode([slot.token]), event: slot.source }
      : {
          kind: "behaviour",
          item: slot.item,
          event: slot.source,
          norm: Math.hypot(...(slot.item === null ? vectors.nullBehaviour : vectors.embed(slot.item))),
        };
  return {
    prefix: prompt.prefix.map(describe),
    branches: prompt.branches.map(({ item, slots }) => ({ item, slots: slots.map(describe) })),
  };
}
