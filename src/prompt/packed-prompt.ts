import { present } from "../core/invariant.ts";
import type { Prompt, Slot } from "./slot.ts";

/** `behaviour` value of a text position. */
export const NO_BEHAVIOUR = -1;
/** `behaviour` value of a slot that carries the trained null vector. */
export const NULL_BEHAVIOUR = -2;
/** `branch` value of the prefix; branches count from 1. */
export const PREFIX_BRANCH = 0;

/** A prompt as flat arrays, one entry per position: prefix first, then the branches one after the other. */
export interface PackedPrompt {
  /** [length] vocabulary row; 0 where a behaviour vector replaces it. */
  readonly tokens: Int32Array;
  /** [length] catalogue row, or {@link NO_BEHAVIOUR}, or {@link NULL_BEHAVIOUR}. */
  readonly behaviour: Int32Array;
  /** [length] {@link PREFIX_BRANCH}, or 1 + index of the branch. */
  readonly branch: Int32Array;
  /** [length] rotary position; every branch continues from `prefixLength`. */
  readonly position: Int32Array;
  readonly prefixLength: number;
  /** [branches + 1] start of each branch in the flat arrays, then the total length. */
  readonly branchStart: Int32Array;
  /** [branches] where each branch's verdict is read: its last position. */
  readonly readout: Int32Array;
}

/** Flattens a prompt. Branches may be empty of candidates, never of slots. */
export function packPrompt(prompt: Prompt): PackedPrompt {
  const prefixLength = prompt.prefix.length;
  const length = prompt.branches.reduce((sum, { slots }) => sum + slots.length, prefixLength);
  const packed = {
    tokens: new Int32Array(length),
    behaviour: new Int32Array(length).fill(NO_BEHAVIOUR),
    branch: new Int32Array(length),
    position: new Int32Array(length),
    prefixLength,
    branchStart: new Int32Array(prompt.branches.length + 1),
    readout: new Int32Array(prompt.branches.length),
  };
  const put = (slot: Slot, at: number, branch: number, position: number) => {
    if (slot.kind === "text") packed.tokens[at] = slot.token;
    else packed.behaviour[at] = slot.item ?? NULL_BEHAVIOUR;
    packed.branch[at] = branch;
    packed.position[at] = position;
  };
  for (const [i, slot] of prompt.prefix.entries()) put(slot, i, PREFIX_BRANCH, i);
  let at = prefixLength;
  for (const [b, { slots }] of prompt.branches.entries()) {
    present(slots[0], `a slot of branch ${b}`);
    packed.branchStart[b] = at;
    for (const [i, slot] of slots.entries()) put(slot, at + i, b + 1, prefixLength + i);
    at += slots.length;
    packed.readout[b] = at - 1;
  }
  packed.branchStart[prompt.branches.length] = at;
  return packed;
}
