/**
 * @file The fixed candidates of a window: films with the largest keys of a hash, so that every model, every subset of windows and both
 * languages ask about the same films. 64-bit integers are pairs of 32-bit halves: big integers would take seconds per thousand windows.
 */
import { invariant } from "../core/invariant.ts";

const SEED_HIGH = 0x5;
const SEED_LOW = 0xdeece66d;
/** A draw's step in the counter is 2^40: 2^8 in the high half. */
const DRAW_STRIDE_HIGH = 2 ** 8;
const MULTIPLIERS = [
  [0x9e3779b9, 0x7f4a7c15],
  [0xbf58476d, 0x1ce4e5b9],
  [0x94d049bb, 0x133111eb],
] as const;

interface Half64 {
  high: number;
  low: number;
}

/** x * multiplier mod 2^64, in place. */
function multiply(x: Half64, [high, low]: readonly [number, number]): void {
  const [x0, x1] = [x.low & 0xffff, x.low >>> 16];
  const [m0, m1] = [low & 0xffff, low >>> 16];
  const low0 = x0 * m0;
  const middle = x1 * m0 + (low0 >>> 16);
  const middle2 = x0 * m1 + (middle & 0xffff);
  const carry = x1 * m1 + Math.floor(middle / 0x10000) + (middle2 >>> 16);
  x.high = (Math.imul(x.high, low) + Math.imul(x.low, high) + (carry >>> 0)) >>> 0;
  x.low = ((middle2 << 16) | (low0 & 0xffff)) >>> 0;
}

/** x ^ (x >>> bits), in place. */
function xorShift(x: Half64, bits: number): void {
  const low = ((x.low >>> bits) | (x.high << (32 - bits))) >>> 0;
  x.low = (x.low ^ low) >>> 0;
  x.high = (x.high ^ (x.high >>> bits)) >>> 0;
}

/** splitmix64's mixing (Steele et al. 2014) of a counter + seed after its increment as a factor; the sign bit is cleared. */
function hash(x: Half64): void {
  const low = x.low + SEED_LOW;
  x.high = (x.high + SEED_HIGH + Math.floor(low / 2 ** 32)) >>> 0;
  x.low = low >>> 0;
  multiply(x, MULTIPLIERS[0]);
  xorShift(x, 30);
  multiply(x, MULTIPLIERS[1]);
  xorShift(x, 27);
  multiply(x, MULTIPLIERS[2]);
  xorShift(x, 31);
  x.high = (x.high & 0x7fffffff) >>> 0;
}

export interface DrawRequest {
  /** Number of the window among all windows, which alone decides with `draw`. */
  readonly window: number;
  readonly draw: number;
  /** Films of the catalogue. */
  readonly items: number;
  readonly negatives: number;
  /** True for a film that may not be drawn; must be for the target. */
  isExcluded(item: number): boolean;
}

/** `negatives` films, the largest key first. Fewer where there are not as many. */
export function drawNegatives({ window, draw, items, negatives, isExcluded }: DrawRequest): number[] {
  const first = window * items;
  invariant(Number.isSafeInteger(first + items) && draw < 2 ** 20, `window ${window}, draw ${draw}`);
  const best: { readonly item: number; readonly high: number; readonly low: number }[] = [];
  const key: Half64 = { high: 0, low: 0 };
  for (let item = 0; item < items; item++) {
    if (isExcluded(item)) continue;
    const counter = first + item;
    key.high = (Math.floor(counter / 2 ** 32) + draw * DRAW_STRIDE_HIGH) >>> 0;
    key.low = counter >>> 0;
    hash(key);
    const isLarger = (other: Half64) =>
      key.high > other.high || (key.high === other.high && key.low > other.low);
    const last = best[negatives - 1];
    if (last !== undefined && !isLarger(last)) continue;
    let at = best.findIndex(isLarger);
    if (at < 0) at = best.length;
    best.splice(at, 0, { item, high: key.high, low: key.low });
    if (best.length > negatives) best.pop();
  }
  return best.map(({ item }) => item);
}
