/** @file Which tokens of a prompt are predicted, and where. */
import { present } from "../../core/invariant.ts";
import { NO_BEHAVIOUR, type PackedPrompt } from "../../prompt/packed-prompt.ts";
import { parentPositions } from "./prompt-forest.ts";

export interface PredictedTokens {
  /** Positions of the branches' text tokens, less one that has nothing before it, ascending. */
  readonly places: Int32Array<ArrayBuffer>;
  /** Positions whose hidden states predict them, each once, ascending. */
  readonly readRows: Int32Array<ArrayBuffer>;
  /** Index into `readRows` for each of `places`. */
  readonly readAt: Int32Array<ArrayBuffer>;
}

/** A token is predicted at the position that stands before it in its branch, a branch's first one at the end of the prefix. */
export function predictedTokens(packed: PackedPrompt): PredictedTokens {
  const parents = parentPositions(packed);
  const isPredicted = (t: number) => packed.behaviour[t] === NO_BEHAVIOUR && (parents[t] ?? -1) >= 0;
  const branches = Array.from(
    { length: parents.length - packed.prefixLength },
    (_, i) => packed.prefixLength + i,
  );
  const places = Int32Array.from(branches.filter(isPredicted));
  const readBy = places.map((t) => present(parents[t], "a parent"));
  const readRows = Int32Array.from(new Set(readBy)).sort();
  const indexOf = new Map(Array.from(readRows, (row, at) => [row, at]));
  return { places, readRows, readAt: readBy.map((row) => present(indexOf.get(row), "a read")) };
}
