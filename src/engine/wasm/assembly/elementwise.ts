/** @file The small ops, a run of rows a tile. Their definitions are the `.reference.ts` of the op of the same name. */
import { exp } from "./exp";
import { GATHER_ROWS, RMS_NORM, ROTARY, SOFTMAX_TOTALS, SWIGLU } from "./kernel-ids";
import { argument, parallel, setArgument } from "./pool";

/** Enough work to be worth a claim, few enough rows to share a short pass. */
const ROWS_PER_TILE: i32 = 8;

// @ts-ignore: decorator
@inline
function tilesOf(rows: i32): i32 {
  return (rows + ROWS_PER_TILE - 1) / ROWS_PER_TILE;
}

// @ts-ignore: decorator
@inline
function lastRow(tile: i32, rows: i32): i32 {
  return min(rows, (tile + 1) * ROWS_PER_TILE);
}

/** x and y [rows, width], weight [width]. */
export function rmsNorm(x: usize, weight: usize, y: usize, rows: i32, width: i32, epsilon: f32): void {
  setArgument<usize>(0, x);
  setArgument<usize>(1, weight);
  setArgument<usize>(2, y);
  setArgument<i32>(3, rows);
  setArgument<i32>(4, width);
  setArgument<f32>(5, epsilon);
  parallel(RMS_NORM, tilesOf(rows));
}

export function rmsNormTile(tile: i32): void {
  const weight = argument<usize>(1);
  const rows = argument<i32>(3);
  const width = argument<i32>(4);
  const bytes = (width as usize) << 2;
  const wide = bytes & ~(<usize>15);
  for (let row = tile * ROWS_PER_TILE; row < lastRow(tile, rows); row++) {
    const x = argument<usize>(0) + (row as usize) * bytes;
    const y = argument<usize>(2) + (row as usize) * bytes;
    // Squares of the first position's residual reach 4e8: f64 sums keep the small ones.
    let low = f64x2.splat(0), high = f64x2.splat(0);
    for (let k: usize = 0; k < wide; k += 16) {
      const values = v128.load(x + k);
      const squares = f32x4.mul(values, values);
      low = f64x2.add(low, f64x2.promote_low_f32x4(squares));
      high = f64x2.add(high, f64x2.promote_low_f32x4(v128.shuffle<i32>(squares, squares, 2, 3, 0, 1)));
    }
    const sums = f64x2.add(low, high);
    let sum = f64x2.extract_lane(sums, 0) + f64x2.extract_lane(sums, 1);
    for (let k = wide; k < bytes; k += 4) sum += (load<f32>(x + k) as f64) * (load<f32>(x + k) as f64);
    const factor = (1 / sqrt<f64>(sum / (width as f64) + (argument<f32>(5) as f64))) as f32;
    const factors = f32x4.splat(factor);
    for (let k: usize = 0; k < wide; k += 16)
      v128.store(y + k, f32x4.mul(f32x4.mul(v128.load(x + k), factors), v128.load(weight + k)));
    for (let k = wide; k < bytes; k += 4) store<f32>(y + k, load<f32>(x + k) * factor * load<f32>(weight + k));
  }
}

/** qkv and y [rows, (heads + 2 kvHeads) headDim], cos and sin [rows, headDim / 2]; headDim is even. */
export function rotary(
  qkv: usize,
  cos: usize,
  sin: usize,
  y: usize,
  rows: i32,
  heads: i32,
  kvHeads: i32,
  headDim: i32,
): void {
  setArgument<usize>(0, qkv);
  setArgument<usize>(1, cos);
  setArgument<usize>(2, sin);
  setArgument<usize>(3, y);
  setArgument<i32>(4, rows);
  setArgument<i32>(5, heads);
  setArgument<i32>(6, kvHeads);
  setArgument<i32>(7, headDim);
  parallel(ROTARY, tilesOf(rows));
}

export function rotaryTile(tile: i32): void {
  const rows = argument<i32>(4);
  const heads = argument<i32>(5);
  const kvHeads = argument<i32>(6);
  const headDim = argument<i32>(7);
  const rowBytes = ((heads + 2 * kvHeads) as usize) * (headDim as usize) * 4;
  const turnedBytes = ((heads + kvHeads) as usize) * (headDim as usize) * 4;
  const headBytes = (headDim as usize) << 2;
  const wide = headBytes & ~(<usize>15);
  const signs = f32x4(-1, 1, -1, 1);
  for (let row = tile * ROWS_PER_TILE; row < lastRow(tile, rows); row++) {
    const x = argument<usize>(0) + (row as usize) * rowBytes;
    const y = argument<usize>(3) + (row as usize) * rowBytes;
    const cos = argument<usize>(1) + (row as usize) * (headBytes >> 1);
    const sin = argument<usize>(2) + (row as usize) * (headBytes >> 1);
    for (let head: usize = 0; head < turnedBytes; head += headBytes) {
      for (let k: usize = 0; k < wide; k += 16) {
        const values = v128.load(x + head + k);
        const swapped = v128.shuffle<i32>(values, values, 1, 0, 3, 2);
        const c = v128.load_zero<u64>(cos + (k >> 1));
        const s = v128.load_zero<u64>(sin + (k >> 1));
        v128.store(
          y + head + k,
          f32x4.add(
            f32x4.mul(values, v128.shuffle<i32>(c, c, 0, 0, 1, 1)),
            f32x4.mul(swapped, f32x4.mul(v128.shuffle<i32>(s, s, 0, 0, 1, 1), signs)),
          ),
        );
      }
      for (let k = wide; k < headBytes; k += 8) {
        const even = load<f32>(x + head + k);
        const odd = load<f32>(x + head + k, 4);
        const c = load<f32>(cos + (k >> 1));
        const s = load<f32>(sin + (k >> 1));
        store<f32>(y + head + k, even * c - odd * s);
        store<f32>(y + head + k, even * s + odd * c, 4);
      }
    }
    memory.copy(y + turnedBytes, x + turnedBytes, rowBytes - turnedBytes);
  }
}

/** gateUp [rows, 2 ffn], the gates first; y [rows, ffn]. */
export function swiglu(gateUp: usize, y: usize, rows: i32, ffn: i32): void {
  setArgument<usize>(0, gateUp);
  setArgument<usize>(1, y);
  setArgument<i32>(2, rows);
  setArgument<i32>(3, ffn);
  parallel(SWIGLU, tilesOf(rows));
}

export function swigluTile(tile: i32): void {
  const rows = argument<i32>(2);
  const bytes = (argument<i32>(3) as usize) << 2;
  const wide = bytes & ~(<usize>15);
  for (let row = tile * ROWS_PER_TILE; row < lastRow(tile, rows); row++) {
    const gate = argument<usize>(0) + (row as usize) * 2 * bytes;
    const up = gate + bytes;
    const y = argument<usize>(1) + (row as usize) * bytes;
    for (let k: usize = 0; k < wide; k += 16)
      v128.store(y + k, f32x4.mul(silu(v128.load(gate + k)), v128.load(up + k)));
    for (let k = wide; k < bytes; k += 4)
      store<f32>(y + k, f32x4.extract_lane(silu(f32x4.splat(load<f32>(gate + k))), 0) * load<f32>(up + k));
  }
}

// @ts-ignore: decorator
@inline
function silu(x: v128): v128 {
  return f32x4.div(x, f32x4.add(f32x4.splat(1), exp(f32x4.neg(x))));
}

/** x [rows, width], y [rows, 2]: the largest value of a row and the sum of exp(value - largest). */
export function softmaxTotals(x: usize, y: usize, rows: i32, width: i32): void {
  setArgument<usize>(0, x);
  setArgument<usize>(1, y);
  setArgument<i32>(2, rows);
  setArgument<i32>(3, width);
  parallel(SOFTMAX_TOTALS, tilesOf(rows));
}

export function softmaxTotalsTile(tile: i32): void {
  const rows = argument<i32>(2);
  const bytes = (argument<i32>(3) as usize) << 2;
  const wide = bytes & ~(<usize>15);
  for (let row = tile * ROWS_PER_TILE; row < lastRow(tile, rows); row++) {
    const x = argument<usize>(0) + (row as usize) * bytes;
    const y = argument<usize>(1) + ((row as usize) << 3);
    let tops = f32x4.splat(-Infinity);
    for (let k: usize = 0; k < wide; k += 16) tops = f32x4.max(tops, v128.load(x + k));
    for (let k = wide; k < bytes; k += 4) tops = f32x4.max(tops, f32x4.splat(load<f32>(x + k)));
    const largest = max<f32>(
      max<f32>(f32x4.extract_lane(tops, 0), f32x4.extract_lane(tops, 1)),
      max<f32>(f32x4.extract_lane(tops, 2), f32x4.extract_lane(tops, 3)),
    );
    const shift = f32x4.splat(largest);
    // A vocabulary's tail is many small terms: f64 sums keep them.
    let low = f64x2.splat(0), high = f64x2.splat(0);
    for (let k: usize = 0; k < wide; k += 16) {
      const terms = exp(f32x4.sub(v128.load(x + k), shift));
      low = f64x2.add(low, f64x2.promote_low_f32x4(terms));
      high = f64x2.add(high, f64x2.promote_low_f32x4(v128.shuffle<i32>(terms, terms, 2, 3, 0, 1)));
    }
    const sums = f64x2.add(low, high);
    let sum = f64x2.extract_lane(sums, 0) + f64x2.extract_lane(sums, 1);
    for (let k = wide; k < bytes; k += 4)
      sum += f32x4.extract_lane(exp(f32x4.splat(load<f32>(x + k) - largest)), 0) as f64;
    store<f32>(y, largest);
    store<f32>(y, sum as f32, 4);
  }
}

/** y[i] = x[indices[i]], rows of `width` floats. The indices are rows of x: the caller has checked. */
export function gatherRows(x: usize, indices: usize, y: usize, count: i32, width: i32): void {
  setArgument<usize>(0, x);
  setArgument<usize>(1, indices);
  setArgument<usize>(2, y);
  setArgument<i32>(3, count);
  setArgument<i32>(4, width);
  parallel(GATHER_ROWS, tilesOf(count));
}

export function gatherRowsTile(tile: i32): void {
  const bytes = (argument<i32>(4) as usize) << 2;
  for (let row = tile * ROWS_PER_TILE; row < lastRow(tile, argument<i32>(3)); row++) {
    const from = load<i32>(argument<usize>(1) + ((row as usize) << 2));
    memory.copy(argument<usize>(2) + (row as usize) * bytes, argument<usize>(0) + (from as usize) * bytes, bytes);
  }
}
