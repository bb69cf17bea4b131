/** @file Prompts for tests of passes: small enough to list every path. */
import { eventIndex, itemId, tokenId } from "../../core/ids.ts";
import { type PackedPrompt, packPrompt } from "../../prompt/packed-prompt.ts";
import type { Slot } from "../../prompt/slot.ts";
import type { PassPrompt } from "./prompt-forest.ts";

export const OPENING = 3;
export const QUESTION = 4;
/** Slots of an item, its behaviour and the end among them. */
export const itemLength = (item: number): number => 3 + (item % 4);

const text = (token: number): Slot => ({ kind: "text", token: tokenId(token), source: null });
const behaviour = (item: number): Slot => ({ kind: "behaviour", item: itemId(item), source: eventIndex(0) });

/** No two items begin alike. */
function itemSlots(item: number): Slot[] {
  const title = Array.from({ length: itemLength(item) - 2 }, (_, i) => text(100 * (item + 1) + i));
  return [...title, behaviour(item), text(2)];
}

/** The shape of the real template with made-up tokens. */
export function historyPrompt(history: readonly number[], candidates: readonly number[]): PackedPrompt {
  return packPrompt({
    prefix: [
      ...Array.from({ length: OPENING }, (_, i) => text(10 + i)),
      ...history.flatMap(itemSlots),
      ...Array.from({ length: QUESTION }, (_, i) => text(20 + i)),
    ],
    branches: candidates.map((item) => ({ item: itemId(item), slots: itemSlots(item) })),
  });
}

/** Read where verdicts are read. */
export function passPrompt(packed: PackedPrompt, gate: readonly number[] | null): PassPrompt {
  return { packed, gateRow: gate === null ? null : Float32Array.from(gate), readRows: packed.readout };
}

/** What a position sees, in order and itself last: [token, behaviour, rotary position] each. */
export function pathTo({ packed }: PassPrompt, t: number): (readonly [number, number, number])[] {
  const own = (packed.branch[t] ?? 0) - 1;
  const start = own < 0 ? 0 : (packed.branchStart[own] ?? 0);
  const prefix = own < 0 ? 0 : packed.prefixLength;
  const seen = [
    ...Array.from({ length: prefix }, (_, i) => i),
    ...Array.from({ length: t + 1 - start }, (_, i) => start + i),
  ];
  return seen.map((i) => [packed.tokens[i] ?? 0, packed.behaviour[i] ?? 0, packed.position[i] ?? 0]);
}

/** The rows that a pass needs, counted by listing: different paths, gate included, to what is read and to all above it. */
export function countPaths(prompts: readonly PassPrompt[]): number {
  const paths = new Set<string>();
  for (const prompt of prompts)
    for (const t of prompt.readRows) {
      const path = pathTo(prompt, t);
      for (let length = 1; length <= path.length; length++)
        paths.add(JSON.stringify([[...(prompt.gateRow ?? [])], path.slice(0, length)]));
    }
  return paths.size;
}
