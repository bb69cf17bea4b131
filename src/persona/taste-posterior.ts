/**
 * @file Live inference of a taste. Film i is preferred to j with probability sigmoid(u · (φi − φj)), u normal about a mean; the posterior
 * is Gaussian about its mode (Laplace), found by Newton's method on a concave function.
 */
import { sigmoid } from "../core/sigmoid.ts";
import { choleskyFactor, choleskyInverse, choleskySolve } from "./cholesky.ts";
import type { TastePrior } from "./preference-space.ts";

const NEWTON_STEPS = 12;
const HALVINGS = 8;
const SCALE_STEPS = 6;
/** A Newton step this small in every direction ends the search. */
const SETTLED = 1e-10;

/** One answer: attributes of the preferred film minus those of the other, and how much it counts. */
export interface Answer {
  /** [directions] */
  readonly row: Float64Array;
  readonly weight: number;
}

export interface TastePosterior {
  /** [directions] */
  readonly mode: Float64Array;
  /** [directions, directions] */
  readonly covariance: Float64Array;
  /** [directions, directions] the prior's covariance with the directions' scales. */
  readonly priorCovariance: Float64Array;
  /** Per answer ∂/∂margin of its log-likelihood at the mode: mode − mean = priorCovariance · Σ pull · row. */
  readonly pulls: readonly number[];
}

/**
 * With `freedom` the prior is a scale mixture: λ_d ~ Gamma(freedom / 2, freedom / 2) multiplies the precision of direction d, so that few
 * directions may be strong and the rest stay silent (a Student t where directions are independent). λ is set to its variational mean
 * (freedom + 1) / (freedom + E[(u_d − mean_d)²] / covariance_dd) and u is inferred again, in turn.
 */
export function tastePosterior(prior: TastePrior, answers: readonly Answer[]): TastePosterior {
  const { mean, covariance, freedom } = prior;
  const size = mean.length;
  const precision = choleskyInverse(choleskyFactor(covariance, size), size);
  let roots = new Float64Array(size).fill(1);
  let found = laplace(mean, precision, answers, mean);
  if (freedom !== null)
    for (let step = 0; step < SCALE_STEPS; step++) {
      roots = roots.map((_, d) => {
        const away = (found.mode[d] ?? 0) - (mean[d] ?? 0);
        const spread = away * away + (found.covariance[d * size + d] ?? 0);
        return Math.sqrt((freedom + 1) / (freedom + spread / (covariance[d * size + d] ?? 1)));
      });
      found = laplace(
        mean,
        precision.map((value, at) => value * scaleAt(roots, at)),
        answers,
        found.mode,
      );
    }
  return {
    ...found,
    priorCovariance: covariance.map((value, at) => value / scaleAt(roots, at)),
    pulls: answers.map(({ row, weight }) => weight * sigmoid(-dot(row, found.mode))),
  };
}

/** root_i · root_j of the matrix entry `at`. */
function scaleAt(roots: Float64Array, at: number): number {
  const size = roots.length;
  return (roots[Math.floor(at / size)] ?? 1) * (roots[at % size] ?? 1);
}

/** Maximises Σ w log sigmoid(u · x) − ½ (u − mean)ᵀ P (u − mean) from `start`; a step that would lower it is halved. */
function laplace(
  mean: Float64Array,
  precision: Float64Array,
  answers: readonly Answer[],
  start: Float64Array,
): { readonly mode: Float64Array; readonly covariance: Float64Array } {
  const size = mean.length;
  let mode = Float64Array.from(start);
  let value = objective(mode, mean, precision, answers);
  let factor = choleskyFactor(precision, size);
  for (let step = 0; step < NEWTON_STEPS; step++) {
    const { gradient, hessian } = derivatives(mode, mean, precision, answers);
    factor = choleskyFactor(hessian, size);
    const direction = choleskySolve(factor, gradient);
    let length = 1;
    let moved = advanced(mode, direction, length);
    let movedValue = objective(moved, mean, precision, answers);
    for (let halving = 0; halving < HALVINGS && movedValue < value - 1e-12; halving++) {
      length /= 2;
      moved = advanced(mode, direction, length);
      movedValue = objective(moved, mean, precision, answers);
    }
    mode = moved;
    value = movedValue;
    if (direction.every((change) => Math.abs(change) < SETTLED)) break;
  }
  return { mode, covariance: choleskyInverse(factor, size) };
}

function derivatives(
  mode: Float64Array,
  mean: Float64Array,
  precision: Float64Array,
  answers: readonly Answer[],
): { readonly gradient: Float64Array; readonly hessian: Float64Array } {
  const size = mode.length;
  const hessian = Float64Array.from(precision);
  const distance = mode.map((value, d) => value - (mean[d] ?? 0));
  const gradient = multiplied(precision, distance).map((value) => -value);
  for (const { row, weight } of answers) {
    const miss = sigmoid(-dot(row, mode));
    const curvature = weight * miss * (1 - miss);
    for (let i = 0; i < size; i++) {
      const xi = row[i] ?? 0;
      if (xi === 0) continue;
      gradient[i] = (gradient[i] ?? 0) + weight * miss * xi;
      for (let j = 0; j < size; j++)
        hessian[i * size + j] = (hessian[i * size + j] ?? 0) + curvature * xi * (row[j] ?? 0);
    }
  }
  return { gradient, hessian };
}

function objective(
  at: Float64Array,
  mean: Float64Array,
  precision: Float64Array,
  answers: readonly Answer[],
): number {
  const distance = at.map((value, d) => value - (mean[d] ?? 0));
  const fit = answers.reduce((sum, { row, weight }) => sum + weight * logSigmoid(dot(row, at)), 0);
  return fit - dot(distance, multiplied(precision, distance)) / 2;
}

function advanced(from: Float64Array, direction: Float64Array, length: number): Float64Array<ArrayBuffer> {
  return Float64Array.from(from, (value, d) => value + length * (direction[d] ?? 0));
}

/** matrix [n, n] · vector [n]. */
export function multiplied(matrix: Float64Array, vector: Float64Array): Float64Array {
  const size = vector.length;
  return Float64Array.from(vector, (_, i) => dot(matrix.subarray(i * size, (i + 1) * size), vector));
}

/** Sum of the products of two vectors of one length. */
export function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] ?? 0) * (b[i] ?? 0);
  return sum;
}

function logSigmoid(x: number): number {
  return x >= 0 ? -Math.log1p(Math.exp(-x)) : x - Math.log1p(Math.exp(x));
}
