import type { Brand } from "./brand.ts";
import { invariant } from "./invariant.ts";

/** Row of the catalogue and of the SASRec embedding. Not a token, not a MovieLens id. */
export type ItemId = Brand<"ItemId">;

/** Row of the language model's vocabulary. */
export type TokenId = Brand<"TokenId">;

/** Position of an item in the history a prompt was made from: 0 is the oldest. */
export type EventIndex = Brand<"EventIndex">;

function whole<Id extends number>(kind: string): (value: number) => Id {
  return (value) => {
    invariant(Number.isSafeInteger(value) && value >= 0, `${kind} is a whole number from 0 up, got ${value}`);
    return value as Id;
  };
}

export const itemId = whole<ItemId>("ItemId");
export const tokenId = whole<TokenId>("TokenId");
export const eventIndex = whole<EventIndex>("EventIndex");
