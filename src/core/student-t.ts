/** @file Student's t distribution, for intervals of means. */
import { invariant } from "./invariant.ts";

/** A mean with what is known of its error. */
export interface MeanInterval {
  readonly value: number;
  /** s / sqrt(n). */
  readonly standardError: number;
  readonly low: number;
  readonly high: number;
}

/** mean -+ t_{(1 + confidence) / 2, n-1} s / sqrt(n): an interval of the mean of n >= 2 independent values (Student 1908), 95 % unless another confidence is asked for. */
export function tInterval(values: ArrayLike<number>, confidence = 0.95): MeanInterval {
  const n = values.length;
  invariant(n >= 2, `an interval needs two values, got ${n}`);
  const value = sum(n, (i) => values[i] as number) / n;
  const squares = sum(n, (i) => ((values[i] as number) - value) ** 2);
  const standardError = Math.sqrt(squares / (n - 1) / n);
  const reach = studentQuantile((1 + confidence) / 2, n - 1) * standardError;
  return { value, standardError, low: value - reach, high: value + reach };
}

function sum(n: number, term: (i: number) => number): number {
  let total = 0;
  for (let i = 0; i < n; i++) total += term(i);
  return total;
}

/** t with P(T <= t) = probability in (0, 1) for T of `freedom` >= 1 degrees of freedom; absolute error below 1e-9 up to t = 1e3. */
export function studentQuantile(probability: number, freedom: number): number {
  invariant(
    probability > 0 && probability < 1 && freedom >= 1,
    `t of ${probability} with ${freedom} degrees`,
  );
  if (probability < 0.5) return -studentQuantile(1 - probability, freedom);
  let high = 1;
  while (upperTail(high, freedom) > 1 - probability) high *= 2;
  let low = 0;
  while (high - low > 1e-12 * Math.max(1, high)) {
    const middle = (low + high) / 2;
    if (middle === low || middle === high) break;
    if (upperTail(middle, freedom) > 1 - probability) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** P(T > t) for t >= 0: I_x(freedom / 2, 1 / 2) / 2 at x = freedom / (freedom + t^2). */
function upperTail(t: number, freedom: number): number {
  return regularisedBeta(freedom / (freedom + t * t), freedom / 2, 0.5) / 2;
}

/** I_x(a, b) by its continued fraction (DLMF 8.17.22), which converges fast below x = (a + 1) / (a + b + 2). */
function regularisedBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  if (x > (a + 1) / (a + b + 2)) return 1 - regularisedBeta(1 - x, b, a);
  const front = a * Math.log(x) + b * Math.log1p(-x) + logGamma(a + b) - logGamma(a) - logGamma(b);
  return Math.exp(front) / (a * betaFraction(x, a, b));
}

/** 1 + d_1 / (1 + d_2 / (1 + ...)) by Lentz's method. */
function betaFraction(x: number, a: number, b: number): number {
  let value = 1;
  let c = 1;
  let d = 0;
  for (let i = 1; i < 1000; i++) {
    const m = i >> 1;
    const term =
      i % 2 === 0
        ? (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
        : (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / (1 + term * d);
    c = 1 + term / c;
    value *= c * d;
    if (Math.abs(c * d - 1) < 1e-15) break;
  }
  return value;
}

/** ln Gamma(x) for x > 0: Stirling's series at x + 10 or more, stepped down (DLMF 5.11.1). */
function logGamma(x: number): number {
  let steps = 0;
  let y = x;
  while (y < 10) {
    steps += Math.log(y);
    y++;
  }
  const inverse = 1 / (y * y);
  const series = (1 / 12 - inverse * (1 / 360 - inverse * (1 / 1260 - inverse / 1680))) / y;
  return (y - 0.5) * Math.log(y) - y + Math.log(2 * Math.PI) / 2 + series - steps;
}
