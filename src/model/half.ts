/** @file IEEE 754 half precision (f16), which JavaScript at this target has no array for. */

let table: Float32Array | null = null;

/** All 65,536 half values, indexed by their bits. Built on first use (256 KiB). */
export function halfTable(): Float32Array {
  if (table === null) {
    table = new Float32Array(65_536);
    for (let bits = 0; bits < 65_536; bits++) table[bits] = decodeHalf(bits);
  }
  return table;
}

/** Value of 16 bits read as a half: sign, 5 bits of exponent (bias 15), 10 bits of fraction. */
export function decodeHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** Bits of the half nearest to `value`, ties to even; infinity beyond 65,504. */
export function encodeHalf(value: number): number {
  if (Number.isNaN(value)) return 0x7e00;
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const magnitude = Math.abs(value);
  if (magnitude >= 65_520) return sign | 0x7c00;
  // Below 2^-14 a half is a multiple of 2^-24; above, its step is 2^-10 of its power of two.
  const exponent = magnitude < 2 ** -14 ? -14 : Math.floor(Math.log2(magnitude));
  const steps = roundToEven(magnitude / 2 ** (exponent - 10));
  // `steps` counts 1024 for the leading one of a normal number, which is what adds the exponent's last unit;
  // rounding up to 2048 carries into the exponent by itself.
  return sign | (steps + (exponent + 14) * 1024);
}

function roundToEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  return rest > 0.5 || (rest === 0.5 && below % 2 === 1) ? below + 1 : below;
}
