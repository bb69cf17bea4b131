/**
 * @file What may be learned on a device: a small theta that shifts the scores of a slate, s_theta(x, a) = s_0(x, a) + delta_theta(x, a), with
 * everything else frozen. pi_theta = softmax(s_theta / T) is exact, because the slate is all there is.
 */
import { invariant } from "../core/invariant.ts";
import type { Random } from "../core/rng.ts";

/** A form of delta_theta over rows whose features have the form `Features`. */
export interface Head<Features> {
  /** Numbers in theta. */
  readonly size: number;
  /** A theta at which delta is 0 and the gradient is not. */
  start(): Float64Array;
  /** Writes delta_theta(x, a) into shifts [places]. */
  shift(theta: Float64Array, features: Features, shifts: Float64Array): void;
  /** Adds sum_a slopes[a] d delta_theta(x, a) / d theta to gradient [size]. */
  pullBack(theta: Float64Array, features: Features, slopes: Float64Array, gradient: Float64Array): void;
  /** Moves theta to the nearest one that is allowed. */
  project(theta: Float64Array): void;
}

/** delta = theta . psi_a, psi [places, width] row by row. */
export function linearHead(width: number): Head<Float64Array> {
  return {
    size: width,
    start: () => new Float64Array(width),
    shift(theta, psi, shifts) {
      invariant(psi.length === shifts.length * width, `features of ${shifts.length} places x ${width}`);
      multiplyRows(psi, theta, shifts);
    },
    pullBack(_, psi, slopes, gradient) {
      addWeightedRows(psi, slopes, width, gradient);
    },
    project() {},
  };
}

/**
 * An offset b on the logits of the history's gate, |b| <= 1: delta_a = J_a . b with the slope J [places, gates] of the scores that was
 * measured when the slate was shown. To first order; the scores are computed anew after acceptance.
 */
export function gateOffsetHead(gates: number): Head<Float64Array> {
  return {
    ...linearHead(gates),
    project(offset) {
      const length = Math.hypot(...offset);
      if (length > 1) for (let k = 0; k < gates; k++) offset[k] = (offset[k] as number) / length;
    },
  };
}

/** J [places, gates] by central differences, (s(b + step) - s(b - step)) / (2 step) per gate; the scores are [gates][places]. */
export function gateJacobian(
  above: readonly ArrayLike<number>[],
  below: readonly ArrayLike<number>[],
  step: number,
): Float64Array {
  const gates = above.length;
  const places = above[0]?.length ?? 0;
  invariant(
    [...above, ...below].every((scores) => scores.length === places) && below.length === gates,
    "one slate, scored twice for each gate",
  );
  return Float64Array.from({ length: places * gates }, (_, at) => {
    const gate = at % gates;
    const place = (at - gate) / gates;
    return ((above[gate]?.[place] as number) - (below[gate]?.[place] as number)) / (2 * step);
  });
}

/** A history's state h [width] and the embeddings e [places, itemWidth] of the slate. */
export interface PairFeatures {
  readonly history: Float64Array;
  readonly items: Float64Array;
}

/** delta = (U' h) . (V' e_a); theta is U [historyWidth, rank], then V [itemWidth, rank]. Starts with V = 0 and U drawn, or nothing would move. */
export function bilinearHead(
  {
    historyWidth,
    itemWidth,
    rank,
  }: { readonly historyWidth: number; readonly itemWidth: number; readonly rank: number },
  random: Random,
): Head<PairFeatures> {
  const ofV = historyWidth * rank;
  const size = ofV + itemWidth * rank;
  // Uniform with variance 1 / historyWidth, so that U' h is of the size of h's entries.
  const start = Float64Array.from({ length: size }, (_, at) =>
    at < ofV ? (2 * random() - 1) * Math.sqrt(3 / historyWidth) : 0,
  );
  /** x' M for the matrix [x.length, rank] that begins in theta at `offset`. */
  const project = (theta: Float64Array, offset: number, x: Float64Array, from: number, width: number) => {
    const result = new Float64Array(rank);
    for (let k = 0; k < width; k++)
      for (let r = 0; r < rank; r++)
        result[r] =
          (result[r] as number) + (x[from + k] as number) * (theta[offset + k * rank + r] as number);
    return result;
  };
  const addOuter = (
    gradient: Float64Array,
    offset: number,
    x: Float64Array,
    from: number,
    width: number,
    y: Float64Array,
  ) => {
    for (let k = 0, at = offset; k < width; k++)
      for (let r = 0; r < rank; r++, at++)
        gradient[at] = (gradient[at] as number) + (x[from + k] as number) * (y[r] as number);
  };
  return {
    size,
    start: () => start.slice(),
    shift(theta, { history, items }, shifts) {
      invariant(
        history.length === historyWidth && items.length === shifts.length * itemWidth,
        `a state of ${historyWidth} and ${shifts.length} embeddings of ${itemWidth}`,
      );
      const u = project(theta, 0, history, 0, historyWidth);
      for (let a = 0; a < shifts.length; a++) {
        const v = project(theta, ofV, items, a * itemWidth, itemWidth);
        shifts[a] = u.reduce((sum, each, r) => sum + each * (v[r] as number), 0);
      }
    },
    pullBack(theta, { history, items }, slopes, gradient) {
      const u = project(theta, 0, history, 0, historyWidth);
      const pulled = new Float64Array(rank);
      for (let a = 0; a < slopes.length; a++) {
        const slope = slopes[a] as number;
        const v = project(theta, ofV, items, a * itemWidth, itemWidth);
        for (let r = 0; r < rank; r++) pulled[r] = (pulled[r] as number) + slope * (v[r] as number);
        addOuter(
          gradient,
          ofV,
          items,
          a * itemWidth,
          itemWidth,
          u.map((each) => slope * each),
        );
      }
      addOuter(gradient, 0, history, 0, historyWidth, pulled);
    },
    project() {},
  };
}

// Both products take four rows and two columns at once: a number that is fetched once serves several sums, and none waits for another.

/** Writes m x, m [rows, width], into product [rows]. */
function multiplyRows(m: Float64Array, x: Float64Array, product: Float64Array): void {
  const width = x.length;
  const rows = product.length;
  let a = 0;
  for (; a + 3 < rows; a += 4) {
    const r0 = a * width;
    const r1 = r0 + width;
    const r2 = r1 + width;
    const r3 = r2 + width;
    let s0 = 0;
    let s1 = 0;
    let s2 = 0;
    let s3 = 0;
    let k = 0;
    for (; k + 1 < width; k += 2) {
      const x0 = x[k] as number;
      const x1 = x[k + 1] as number;
      s0 += x0 * (m[r0 + k] as number) + x1 * (m[r0 + k + 1] as number);
      s1 += x0 * (m[r1 + k] as number) + x1 * (m[r1 + k + 1] as number);
      s2 += x0 * (m[r2 + k] as number) + x1 * (m[r2 + k + 1] as number);
      s3 += x0 * (m[r3 + k] as number) + x1 * (m[r3 + k + 1] as number);
    }
    if (k < width) {
      const last = x[k] as number;
      s0 += last * (m[r0 + k] as number);
      s1 += last * (m[r1 + k] as number);
      s2 += last * (m[r2 + k] as number);
      s3 += last * (m[r3 + k] as number);
    }
    product[a] = s0;
    product[a + 1] = s1;
    product[a + 2] = s2;
    product[a + 3] = s3;
  }
  for (; a < rows; a++) {
    let sum = 0;
    for (let k = 0; k < width; k++) sum += (x[k] as number) * (m[a * width + k] as number);
    product[a] = sum;
  }
}

/** Adds sum_a slopes[a] m[a, :], m [rows, width], to sum [width]. */
function addWeightedRows(m: Float64Array, slopes: Float64Array, width: number, sum: Float64Array): void {
  let a = 0;
  for (; a + 3 < slopes.length; a += 4) {
    const c0 = slopes[a] as number;
    const c1 = slopes[a + 1] as number;
    const c2 = slopes[a + 2] as number;
    const c3 = slopes[a + 3] as number;
    const r0 = a * width;
    const r1 = r0 + width;
    const r2 = r1 + width;
    const r3 = r2 + width;
    let k = 0;
    for (; k + 1 < width; k += 2) {
      const next = k + 1;
      sum[k] =
        (sum[k] as number) +
        (c0 * (m[r0 + k] as number) + c1 * (m[r1 + k] as number)) +
        (c2 * (m[r2 + k] as number) + c3 * (m[r3 + k] as number));
      sum[next] =
        (sum[next] as number) +
        (c0 * (m[r0 + next] as number) + c1 * (m[r1 + next] as number)) +
        (c2 * (m[r2 + next] as number) + c3 * (m[r3 + next] as number));
    }
    if (k < width)
      sum[k] =
        (sum[k] as number) +
        (c0 * (m[r0 + k] as number) + c1 * (m[r1 + k] as number)) +
        (c2 * (m[r2 + k] as number) + c3 * (m[r3 + k] as number));
  }
  for (; a < slopes.length; a++)
    for (let k = 0; k < width; k++)
      sum[k] = (sum[k] as number) + (slopes[a] as number) * (m[a * width + k] as number);
}
