import type { Contributions } from "./estimators.ts";
import type { FittedQuestion } from "./question.ts";
import { asTheyAre, type WeightedRounds, weigh } from "./weights.ts";

/**
 * Control-variate DR: z = w y - l1 (w - 1) - l2 (w ghat - d). Both subtracted terms have mean 0 under the logging policy, so that any fixed
 * coefficients leave IPS unbiased; (0, 1) is DR, (b, 0) a constant baseline. The coefficients are least squares of w y on the two, fitted
 * on the other folds: in large logs never a larger variance than IPS or DR (Owen 2013, chapter 8; Vlassis et al. 2019). Folds are rounds i with i mod `folds`
 * equal. Bounds hold for the coefficients that were found.
 */
export function controlVariateDr(
  question: FittedQuestion,
  { folds }: { readonly folds: number },
): Contributions {
  const weighted = weigh(question, asTheyAre);
  const { weight, reward, fitted, direct, mostWeight } = weighted;
  const perRound = new Float64Array(weight.length);
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  for (let fold = 0; fold < folds; fold++) {
    const [constant, model] = coefficients(weighted, (i) => i % folds !== fold);
    for (let i = fold; i < weight.length; i += folds) {
      const w = weight[i] as number;
      const d = direct[i] as number;
      perRound[i] = w * (reward[i] as number) - constant * (w - 1) - model * (w * (fitted[i] as number) - d);
    }
    // w in [0, W], y, ghat and d in [0, 1]: linear in each, so that the extremes are at corners.
    const slopes = [0, 1].flatMap((y) => [0, 1].map((g) => y - constant - model * g));
    const offsets = [constant + Math.min(0, model), constant + Math.max(0, model)];
    least = Math.min(least, Math.min(...offsets) + mostWeight * Math.min(0, ...slopes));
    most = Math.max(most, Math.max(...offsets) + mostWeight * Math.max(0, ...slopes));
  }
  return { perRound, least, most };
}

/** Least squares of w y on (w - 1, w ghat - d) with an intercept; a direction without spread gets 0. */
function coefficients(
  { weight, reward, fitted, direct }: WeightedRounds,
  isUsed: (round: number) => boolean,
): readonly [number, number] {
  let n = 0;
  const mean = [0, 0, 0];
  const rows: (readonly [number, number, number])[] = [];
  for (let i = 0; i < weight.length; i++) {
    if (!isUsed(i)) continue;
    const w = weight[i] as number;
    const row = [
      w - 1,
      w * (fitted[i] as number) - (direct[i] as number),
      w * (reward[i] as number),
    ] as const;
    rows.push(row);
    n++;
    for (let k = 0; k < 3; k++)
      mean[k] = (mean[k] as number) + ((row[k] as number) - (mean[k] as number)) / n;
  }
  let [aa, ab, bb, ay, by] = [0, 0, 0, 0, 0];
  for (const row of rows) {
    const a = row[0] - (mean[0] as number);
    const b = row[1] - (mean[1] as number);
    const y = row[2] - (mean[2] as number);
    aa += a * a;
    ab += a * b;
    bb += b * b;
    ay += a * y;
    by += b * y;
  }
  const determinant = aa * bb - ab * ab;
  // A constant ghat makes the two terms one: the least squares of either alone is then the whole answer.
  if (determinant > 1e-10 * aa * bb)
    return [(ay * bb - by * ab) / determinant, (by * aa - ay * ab) / determinant];
  return aa > 0 ? [ay / aa, 0] : [0, bb > 0 ? by / bb : 0];
}
