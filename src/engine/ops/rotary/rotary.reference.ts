import type { HeadShape } from "./rotary.ts";

/** What `rotary` means: qkv [rows, (heads + 2 kvHeads) * headDim], cos and sin [rows, headDim / 2] -> as qkv. */
export function rotaryReference(
  qkv: Float32Array,
  cos: Float32Array,
  sin: Float32Array,
  { heads, kvHeads, headDim }: HeadShape,
): Float32Array {
  const width = (heads + 2 * kvHeads) * headDim;
  const pairs = headDim / 2;
  const rows = qkv.length / width;
  const y = Float32Array.from(qkv);
  for (let t = 0; t < rows; t++) {
    for (let head = 0; head < heads + kvHeads; head++) {
      for (let i = 0; i < pairs; i++) {
        const at = t * width + head * headDim + 2 * i;
        const even = qkv[at] ?? Number.NaN;
        const odd = qkv[at + 1] ?? Number.NaN;
        const c = cos[t * pairs + i] ?? Number.NaN;
        const s = sin[t * pairs + i] ?? Number.NaN;
        y[at] = even * c - odd * s;
        y[at + 1] = even * s + odd * c;
      }
    }
  }
  return y;
}
