/** What `rmsNorm` means, with f64 sums: x [rows, width], gain [width] -> [rows, width]. */
export function rmsNormReference(x: Float32Array, gain: Float32Array, epsilon: number): Float32Array {
  const width = gain.length;
  const y = new Float32Array(x.length);
  for (let start = 0; start < x.length; start += width) {
    const row = x.subarray(start, start + width);
    const meanSquare = row.reduce((sum, value) => sum + value * value, 0) / width;
    const scale = 1 / Math.sqrt(meanSquare + epsilon);
    y.set(
      row.map((value, i) => value * scale * (gain[i] ?? Number.NaN)),
      start,
    );
  }
  return y;
}
