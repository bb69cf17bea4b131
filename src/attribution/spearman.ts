import { present } from "../core/invariant.ts";

/**
 * Spearman's rank correlation: Pearson's of the ranks, equals sharing their mean rank. Null where one side has no two different values,
 * hence no ranking. Both sides must be of one length.
 */
export function spearman(one: readonly number[], other: readonly number[]): number | null {
  return pearson(ranks(one), ranks(other));
}

function ranks(values: readonly number[]): number[] {
  const valueAt = (i: number) => present(values[i], "a value");
  const order = [...values.keys()].sort((a, b) => valueAt(a) - valueAt(b));
  const ranked = new Array<number>(values.length).fill(0);
  for (let start = 0; start < order.length; ) {
    let end = start + 1;
    while (
      end < order.length &&
      values[present(order[end], "a place")] === values[present(order[start], "a place")]
    )
      end++;
    for (const i of order.slice(start, end)) ranked[i] = (start + end - 1) / 2;
    start = end;
  }
  return ranked;
}

function pearson(one: readonly number[], other: readonly number[]): number | null {
  const centred = (values: readonly number[]) => {
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    return values.map((value) => value - mean);
  };
  const [a, b] = [centred(one), centred(other)];
  const product = (x: readonly number[], y: readonly number[]) =>
    x.reduce((sum, value, i) => sum + value * present(y[i], "a value"), 0);
  const spread = Math.sqrt(product(a, a) * product(b, b));
  return spread > 0 ? product(a, b) / spread : null;
}
