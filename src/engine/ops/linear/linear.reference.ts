/** What `linear` means, on row-major f32 arrays and with f64 sums. */
export function linearReference(input: {
  readonly x: Float32Array; // [rows, inFeatures]
  readonly weight: Float32Array; // [outFeatures, inFeatures]
  readonly rows: number;
  readonly outFeatures: number;
  readonly inFeatures: number;
  readonly adapter?: {
    readonly a: Float32Array; // [rank, inFeatures]
    readonly b: Float32Array; // [outFeatures, rank]
    readonly gate: Float32Array; // [rows, rank]
    readonly rank: number;
  };
  readonly residual?: Float32Array; // [rows, outFeatures]
}): Float32Array {
  const { x, weight, rows, outFeatures, inFeatures, adapter, residual } = input;
  const y = new Float32Array(rows * outFeatures);
  for (let t = 0; t < rows; t++) {
    const u = new Float64Array(adapter?.rank ?? 0);
    if (adapter !== undefined) {
      for (let k = 0; k < u.length; k++) {
        u[k] =
          dot(adapter.a, k * inFeatures, x, t * inFeatures, inFeatures) * at(adapter.gate, t * u.length + k);
      }
    }
    for (let o = 0; o < outFeatures; o++) {
      let sum = dot(weight, o * inFeatures, x, t * inFeatures, inFeatures);
      if (adapter !== undefined) sum += dot(adapter.b, o * u.length, u, 0, u.length);
      if (residual !== undefined) sum += at(residual, t * outFeatures + o);
      y[t * outFeatures + o] = sum;
    }
  }
  return y;
}

function dot(
  left: ArrayLike<number>,
  leftStart: number,
  right: ArrayLike<number>,
  rightStart: number,
  length: number,
): number {
  let sum = 0;
  for (let i = 0; i < length; i++) sum += at(left, leftStart + i) * at(right, rightStart + i);
  return sum;
}

function at(values: ArrayLike<number>, index: number): number {
  return values[index] ?? Number.NaN;
}
