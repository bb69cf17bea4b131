/** @file ghat of a person's own log: what a film's features and the app's score say of its reward. */
import { present } from "../core/invariant.ts";
import { choleskyFactor, choleskySolve } from "../persona/cholesky.ts";
import type { FitRewards, UpdateRow } from "./update.ts";

/** Rounds that a coefficient of 0 counts as: with fewer rounds than this ghat is hardly more than the mean. */
const RIDGE = 10;

/**
 * ghat(x, a) = clamp(mean y + (z_a - mean z) . b, 0, 1), with b = (Z'Z + 10 I)^-1 Z'y over the rows used, Z and y less their means (ridge regression, Hoerl and
 * Kennard 1970). z_a is the film's features [width], then its base score less the slate's mean, since scores have no zero of their own. The mean of no row is 0.
 * Linear, because a wrong ghat costs DR precision and no truth, and one solution in closed form is the same everywhere.
 */
export function ridgeRewards(rows: readonly UpdateRow<Float64Array>[], width: number): FitRewards {
  const size = width + 1;
  const inputs = rows.map((row) => inputsOf(row, width));
  return (isUsed) => {
    const used = rows.flatMap(({ action, reward }, i) =>
      isUsed(i) ? [{ z: rowOf(present(inputs[i], "a row"), action, size), reward }] : [],
    );
    const count = Math.max(1, used.length);
    const centre = new Float64Array(size);
    let mean = 0;
    for (const { z, reward } of used) {
      mean += reward / count;
      for (let k = 0; k < size; k++) centre[k] = (centre[k] as number) + (z[k] as number) / count;
    }
    const slopes = ridge(
      used.map(({ z, reward }) => ({
        z: z.map((each, k) => each - (centre[k] as number)),
        y: reward - mean,
      })),
      size,
    );
    // z_a . b + offset
    const offset = mean - centre.reduce((sum, each, k) => sum + each * (slopes[k] as number), 0);
    return (i) => {
      const z = present(inputs[i], "a row");
      const ghat = new Float64Array(z.length / size);
      for (let a = 0; a < ghat.length; a++) {
        let value = offset;
        for (let k = 0; k < size; k++) value += (z[a * size + k] as number) * (slopes[k] as number);
        ghat[a] = Math.min(1, Math.max(0, value));
      }
      return ghat;
    };
  };
}

/** [places, width + 1] */
function inputsOf({ baseScores, features }: UpdateRow<Float64Array>, width: number): Float64Array {
  const places = baseScores.length;
  const size = width + 1;
  const mean = Array.from(baseScores).reduce((sum, each) => sum + each, 0) / places;
  const inputs = new Float64Array(places * size);
  for (let a = 0; a < places; a++) {
    inputs.set(features.subarray(a * width, (a + 1) * width), a * size);
    inputs[a * size + width] = (baseScores[a] as number) - mean;
  }
  return inputs;
}

function rowOf(inputs: Float64Array, place: number, size: number): Float64Array {
  return inputs.subarray(place * size, (place + 1) * size);
}

/** (Z'Z + RIDGE I)^-1 Z'y, [size]. */
function ridge(
  rows: readonly { readonly z: Float64Array; readonly y: number }[],
  size: number,
): Float64Array {
  const normal = new Float64Array(size * size);
  const right = new Float64Array(size);
  for (const { z, y } of rows)
    for (let k = 0; k < size; k++) {
      const each = z[k] as number;
      if (each === 0) continue;
      right[k] = (right[k] as number) + each * y;
      // The factorisation reads the lower triangle alone.
      for (let l = 0; l <= k; l++)
        normal[k * size + l] = (normal[k * size + l] as number) + each * (z[l] as number);
    }
  for (let k = 0; k < size; k++) normal[k * size + k] = (normal[k * size + k] as number) + RIDGE;
  return choleskySolve(choleskyFactor(normal, size), right);
}
