/** Four f16 in the low halves of four words, as f32. Exact, also for subnormal numbers; infinities and NaN stay what they are. */
// @ts-ignore: decorator
@inline
export function halvesToFloats(halves: v128): v128 {
  const magnitude = v128.and(halves, i32x4.splat(0x7fff));
  const sign = i32x4.shl(v128.and(halves, i32x4.splat(0x8000)), 16);
  // 2^112 moves the exponent's bias from 15 to 127; the product also normalises subnormal numbers.
  const scaled = f32x4.mul(i32x4.shl(magnitude, 13), f32x4.splat(5.192296858534828e33));
  const isSpecial = i32x4.gt_s(magnitude, i32x4.splat(0x7bff));
  const special = v128.or(i32x4.shl(magnitude, 13), i32x4.splat(0x7f800000));
  return v128.or(v128.bitselect(special, scaled, isSpecial), sign);
}

export function halfToFloat(half: u32): f32 {
  return f32x4.extract_lane(halvesToFloats(i32x4.splat(half)), 0);
}
