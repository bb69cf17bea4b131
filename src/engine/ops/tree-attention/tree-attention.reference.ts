import type { HeadShape } from "../rotary/rotary.ts";

/** What `treeAttention` means, with f64 sums: qkv [rows, (heads + 2 kvHeads) * headDim], ends [rows] -> [rows, heads * headDim]. */
export function treeAttentionReference(
  qkv: Float32Array,
  ends: Int32Array,
  { heads, kvHeads, headDim }: HeadShape,
): Float32Array {
  const width = (heads + 2 * kvHeads) * headDim;
  const rows = qkv.length / width;
  const y = new Float32Array(rows * heads * headDim);
  const at = (values: ArrayLike<number>, index: number) => values[index] ?? Number.NaN;
  for (let t = 0; t < rows; t++) {
    const seen: number[] = [];
    for (let j = 0; j <= t; j++) if (t < at(ends, j)) seen.push(j);
    for (let head = 0; head < heads; head++) {
      const kvHead = Math.floor((head * kvHeads) / heads);
      const query = t * width + head * headDim;
      const logits = seen.map((j) => {
        const key = j * width + (heads + kvHead) * headDim;
        let sum = 0;
        for (let i = 0; i < headDim; i++) sum += at(qkv, query + i) * at(qkv, key + i);
        return sum / Math.sqrt(headDim);
      });
      const highest = Math.max(...logits);
      const weights = logits.map((logit) => Math.exp(logit - highest));
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      for (let i = 0; i < headDim; i++) {
        const value = seen.reduce(
          (sum, j, n) => sum + at(weights, n) * at(qkv, j * width + (heads + kvHeads + kvHead) * headDim + i),
          0,
        );
        y[(t * heads + head) * headDim + i] = value / total;
      }
    }
  }
  return y;
}
