/** @file Cholesky's factorisation of small symmetric matrices, row-major. */
import { invariant } from "../core/invariant.ts";

/** Lower triangle L [size, size] with L Lᵀ = matrix; only the matrix's lower triangle is read. A matrix that is not positive definite is a bug. */
export function choleskyFactor(matrix: Float64Array, size: number): Float64Array {
  const factor = new Float64Array(size * size);
  for (let i = 0; i < size; i++)
    for (let j = 0; j <= i; j++) {
      let sum = matrix[i * size + j] ?? 0;
      for (let k = 0; k < j; k++) sum -= (factor[i * size + k] ?? 0) * (factor[j * size + k] ?? 0);
      if (i === j) {
        invariant(sum > 0, "the matrix is positive definite");
        factor[i * size + i] = Math.sqrt(sum);
      } else factor[i * size + j] = sum / (factor[j * size + j] ?? 1);
    }
  return factor;
}

/** x [size] with L Lᵀ x = right. */
export function choleskySolve(factor: Float64Array, right: Float64Array): Float64Array {
  const size = right.length;
  const x = Float64Array.from(right);
  for (let i = 0; i < size; i++) {
    let sum = x[i] ?? 0;
    for (let k = 0; k < i; k++) sum -= (factor[i * size + k] ?? 0) * (x[k] ?? 0);
    x[i] = sum / (factor[i * size + i] ?? 1);
  }
  for (let i = size - 1; i >= 0; i--) {
    let sum = x[i] ?? 0;
    for (let k = i + 1; k < size; k++) sum -= (factor[k * size + i] ?? 0) * (x[k] ?? 0);
    x[i] = sum / (factor[i * size + i] ?? 1);
  }
  return x;
}

/** (L Lᵀ)⁻¹ [size, size]. */
export function choleskyInverse(factor: Float64Array, size: number): Float64Array {
  const inverse = new Float64Array(size * size);
  for (let column = 0; column < size; column++) {
    const unit = new Float64Array(size);
    unit[column] = 1;
    const solved = choleskySolve(factor, unit);
    for (let row = 0; row < size; row++) inverse[row * size + column] = solved[row] ?? 0;
  }
  return inverse;
}
