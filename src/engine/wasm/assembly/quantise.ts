/**
 * @file Activations as 16-bit integers: per block of 32 inputs, x ~ scale q with scale = max |x| / 32767. The error is at most
 * 1.6e-5 of the block's largest value, hundreds of times below that of 8-bit activations, and the products with 4-bit weights
 * stay exact in 32 bits: 32 x 32767 x 128 < 2^31.
 *
 * Rows lie in groups of 4 (the last one filled up with zeros): per group and pair of inputs 16 bytes, [row][input of the pair], so
 * that one 32-bit load feeds a pair to every output. Beside them per group and block 32 bytes: the 4 scales, then the 4 sums
 * scale (q_0 + ... + q_31), which meet the weights' minima.
 */
import { BLOCK } from "./weight-layout";
import { argument } from "./pool";

export const ROW_GROUP: i32 = 4;

// @ts-ignore: decorator
@inline
export function rowGroups(rows: i32): i32 {
  return (rows + ROW_GROUP - 1) / ROW_GROUP;
}

/** Bytes of the integers of one group of rows. */
// @ts-ignore: decorator
@inline
export function groupBytes(inFeatures: i32): usize {
  return (inFeatures as usize) * ROW_GROUP * 2;
}

/** Bytes of the scales and sums of one group of rows. */
// @ts-ignore: decorator
@inline
export function groupScaleBytes(inFeatures: i32): usize {
  return ((inFeatures / BLOCK) as usize) * 32;
}

// @ts-ignore: decorator
@inline
function horizontalMax(x: v128): f32 {
  const y = f32x4.max(x, v128.shuffle<i32>(x, x, 2, 3, 0, 1));
  return f32x4.extract_lane(f32x4.max(y, v128.shuffle<i32>(y, y, 1, 0, 3, 2)), 0);
}

// @ts-ignore: decorator
@inline
function horizontalSum(x: v128): i32 {
  const y = i32x4.add(x, v128.shuffle<i32>(x, x, 2, 3, 0, 1));
  return i32x4.extract_lane(i32x4.add(y, v128.shuffle<i32>(y, y, 1, 0, 3, 2)), 0);
}

// @ts-ignore: decorator
@inline
function rounded(x: v128, inverse: v128): v128 {
  return i32x4.trunc_sat_f32x4_s(f32x4.nearest(f32x4.mul(x, inverse)));
}

/** One group of 4 rows. Arguments: 0 x, 1 rows, 2 inFeatures, 3 integers, 4 scales. */
export function quantiseTile(group: i32): void {
  const x = argument<usize>(0);
  const rows = argument<i32>(1);
  const inFeatures = argument<i32>(2);
  const integers = argument<usize>(3) + (group as usize) * groupBytes(inFeatures);
  const scales = argument<usize>(4) + (group as usize) * groupScaleBytes(inFeatures);
  const blocks = inFeatures / BLOCK;
  for (let r = 0; r < ROW_GROUP; r++) {
    const row = group * ROW_GROUP + r;
    let from = x + (((row as usize) * (inFeatures as usize)) << 2);
    let to = integers + ((r as usize) << 2);
    let scaleTo = scales + ((r as usize) << 2);
    for (let block = 0; block < blocks; block++) {
      if (row >= rows) {
        for (let pair: usize = 0; pair < 16; pair++) store<i32>(to + (pair << 4), 0);
        store<f32>(scaleTo, 0);
        store<f32>(scaleTo, 0, 16);
      } else {
        const x0 = v128.load(from, 0);
        const x1 = v128.load(from, 16);
        const x2 = v128.load(from, 32);
        const x3 = v128.load(from, 48);
        const x4 = v128.load(from, 64);
        const x5 = v128.load(from, 80);
        const x6 = v128.load(from, 96);
        const x7 = v128.load(from, 112);
        const largest = horizontalMax(
          f32x4.max(
            f32x4.max(f32x4.max(f32x4.abs(x0), f32x4.abs(x1)), f32x4.max(f32x4.abs(x2), f32x4.abs(x3))),
            f32x4.max(f32x4.max(f32x4.abs(x4), f32x4.abs(x5)), f32x4.max(f32x4.abs(x6), f32x4.abs(x7))),
          ),
        );
        // Below the smallest normal scale the inverse would overflow; such a block is zero to any sum it enters.
        const inverse = f32x4.splat(largest < 1e-33 ? 0 : 32767 / largest);
        const q0 = rounded(x0, inverse);
        const q1 = rounded(x1, inverse);
        const q2 = rounded(x2, inverse);
        const q3 = rounded(x3, inverse);
        const q4 = rounded(x4, inverse);
        const q5 = rounded(x5, inverse);
        const q6 = rounded(x6, inverse);
        const q7 = rounded(x7, inverse);
        const sum = horizontalSum(
          i32x4.add(
            i32x4.add(i32x4.add(q0, q1), i32x4.add(q2, q3)),
            i32x4.add(i32x4.add(q4, q5), i32x4.add(q6, q7)),
          ),
        );
        storePairs(i16x8.narrow_i32x4_s(q0, q1), to);
        storePairs(i16x8.narrow_i32x4_s(q2, q3), to + 64);
        storePairs(i16x8.narrow_i32x4_s(q4, q5), to + 128);
        storePairs(i16x8.narrow_i32x4_s(q6, q7), to + 192);
        // NaN and infinity reach the result through the scale.
        const scale = largest / 32767;
        store<f32>(scaleTo, scale);
        store<f32>(scaleTo, scale * (sum as f32), 16);
      }
      from += BLOCK * 4;
      to += BLOCK * ROW_GROUP * 2;
      scaleTo += 32;
    }
  }
}

/** Four pairs of one row, 16 bytes apart. */
// @ts-ignore: decorator
@inline
function storePairs(pairs: v128, to: usize): void {
  v128.store_lane<i32>(to, pairs, 0, 0);
  v128.store_lane<i32>(to, pairs, 1, 16);
  v128.store_lane<i32>(to, pairs, 2, 32);
  v128.store_lane<i32>(to, pairs, 3, 48);
}
