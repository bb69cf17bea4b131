import type { Head } from "./head.ts";
import { type LearningRow, type ObjectiveSettings, objectiveOf } from "./objective.ts";

export interface Climb {
  readonly steps: number;
  /** Adam's step size. */
  readonly rate: number;
}

export const DEFAULT_CLIMB: Climb = { steps: 200, rate: 0.05 };

const MEAN_DECAY = 0.9;
const SQUARE_DECAY = 0.999;

/** theta after climbing the objective by Adam (Kingma and Ba 2015) from the head's start. The same rows give the same theta. */
export function learn<Features>(
  rows: readonly LearningRow<Features>[],
  head: Head<Features>,
  objective: ObjectiveSettings,
  { steps, rate }: Climb,
): Float64Array {
  const climbed = objectiveOf(rows, head, objective);
  const theta = head.start();
  const gradient = new Float64Array(head.size);
  const mean = new Float64Array(head.size);
  const square = new Float64Array(head.size);
  for (let step = 1; step <= steps; step++) {
    climbed(theta, gradient);
    const meanScale = 1 / (1 - MEAN_DECAY ** step);
    const squareScale = 1 / (1 - SQUARE_DECAY ** step);
    for (let k = 0; k < theta.length; k++) {
      const g = gradient[k] as number;
      const m = MEAN_DECAY * (mean[k] as number) + (1 - MEAN_DECAY) * g;
      const s = SQUARE_DECAY * (square[k] as number) + (1 - SQUARE_DECAY) * g * g;
      mean[k] = m;
      square[k] = s;
      theta[k] = (theta[k] as number) + (rate * m * meanScale) / (Math.sqrt(s * squareScale) + 1e-8);
    }
    head.project(theta);
  }
  return theta;
}
