/** What `softmaxTotals` means, with f64 sums: x [rows, width] -> [rows, 2]. */
export function softmaxTotalsReference(x: Float32Array, width: number): Float32Array {
  const totals: number[] = [];
  for (let start = 0; start < x.length; start += width) {
    const row = x.subarray(start, start + width);
    const largest = row.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
    totals.push(
      largest,
      row.reduce((sum, value) => sum + Math.exp(value - largest), 0),
    );
  }
  return Float32Array.from(totals);
}
