/** @file From logits to the likeliest tokens. */

/** Probabilities of all tokens: exp(logit) over their sum, as f64. */
export function softmax(logits: Float64Array): Float64Array {
  const highest = logits.reduce((most, logit) => Math.max(most, logit), Number.NEGATIVE_INFINITY);
  const weights = logits.map((logit) => Math.exp(logit - highest));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

/** Indices of the `count` largest values, largest first; of equal ones the lower index is first. One pass: a vocabulary is long. */
export function likeliest(probabilities: Float64Array, count: number): number[] {
  const best: number[] = [];
  if (count <= 0) return best;
  const value = (index: number | undefined) =>
    index === undefined ? Number.NaN : (probabilities[index] ?? Number.NaN);
  for (let index = 0; index < probabilities.length; index++) {
    if (best.length === count && !(value(index) > value(best.at(-1)))) continue;
    let low = 0;
    for (let high = best.length; low < high; ) {
      const middle = (low + high) >> 1;
      if (value(best[middle]) >= value(index)) low = middle + 1;
      else high = middle;
    }
    best.splice(low, 0, index);
    if (best.length > count) best.pop();
  }
  return best;
}
