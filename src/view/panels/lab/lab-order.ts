/** @file Which of the two policies a road takes for the better one, and whether that is true. */
import type { Road } from "../../../evaluate/off-policy/tabular-estimates.ts";
import type { LabPoint } from "../../../worker/lab-protocol.ts";

export interface Order {
  /** Value of the mood policy less that of the taste policy: as the road has it, and in truth. */
  readonly said: number;
  readonly truth: number;
  readonly isRight: boolean;
}

/** Null where the road refuses to value one of them. */
export function orderBy({ beliefs: { taste, mood } }: LabPoint, road: Road): Order | null {
  const [ofTaste, ofMood] = [taste.estimates[road], mood.estimates[road]];
  if (ofTaste === null || ofMood === null) return null;
  const said = ofMood.value - ofTaste.value;
  const truth = mood.truth - taste.truth;
  return { said, truth, isRight: said > 0 === truth > 0 };
}
