/**
 * @file y = x W^T + B (g * A x) + residual, the product of every layer; `linear.reference.ts` is the definition.
 *
 * 4-bit and 8-bit weights: x is rounded to 16-bit integers (quantise.ts), a tile of 8 outputs is unpacked once to 16-bit integers in
 * the order of use, and every group of 4 rows runs over it: 8 multiply-adds an instruction, exact until each block's sum is scaled.
 * Float weights take plain f32 products.
 */
import { LINEAR, LOW_RANK_DOWN, QUANTISE } from "./kernel-ids";
import { halvesToFloats } from "./half";
import { MOST_TILES, argument, parallel, setArgument, threads } from "./pool";
import { ROW_GROUP, groupBytes, groupScaleBytes, rowGroups } from "./quantise";
import { BLOCK, LANES, Q8_0, isFloat, packedBlockBytes, tileBytes } from "./weight-layout";

/** Bytes of an unpacked block: 8 scales, 8 minima, then 16 pairs of inputs times 8 outputs as i16. */
const UNPACKED_BLOCK: usize = 32 + 32 + 512;

/** Unpacked tiles that fit the first-level cache beside 4 rows of x. */
const UNPACKED_IN_CACHE: usize = 24576;

/** Row groups that one unpacked tile serves: their integers stay in the second-level cache while all tiles pass over them. */
const CHUNK_GROUPS: i32 = 64;

// @ts-ignore: decorator
@inline
function aligned(bytes: usize): usize {
  return (bytes + 63) & ~(<usize>63);
}

/** An unpacked tile and its part of B. */
function unpackedTileBytes(inFeatures: i32, rank: i32): usize {
  return aligned(((inFeatures / BLOCK) as usize) * UNPACKED_BLOCK + (rank as usize) * LANES * 4);
}

/**
 * Tiles that a thread takes at once. Two make a cache line of y, whose rows often lie a multiple of 4096 bytes apart and so push
 * each other out of the cache before a second visit.
 */
function tileSpan(inFeatures: i32, rank: i32): i32 {
  return unpackedTileBytes(inFeatures, rank) * 2 <= UNPACKED_IN_CACHE ? 2 : 1;
}

/** Scratch of one thread. */
function threadScratchBytes(inFeatures: i32, rank: i32): usize {
  return (tileSpan(inFeatures, rank) as usize) * unpackedTileBytes(inFeatures, rank);
}

function integerBytes(rows: i32, inFeatures: i32): usize {
  return aligned((rowGroups(rows) as usize) * groupBytes(inFeatures));
}

function scaleBytes(rows: i32, inFeatures: i32): usize {
  return aligned((rowGroups(rows) as usize) * groupScaleBytes(inFeatures));
}

/** Bytes `linear` needs at `scratch`, for any type of weight. */
export function linearScratchBytes(rows: i32, inFeatures: i32, rank: i32): usize {
  return (
    integerBytes(rows, inFeatures) +
    scaleBytes(rows, inFeatures) +
    aligned((rowGroups(rows) as usize) * ROW_GROUP * (rank as usize) * 4) +
    (threads() as usize) * threadScratchBytes(inFeatures, rank)
  );
}

/**
 * x [rows, inFeatures], packed as `packWeight` leaves it, a [rank, inFeatures], b [outFeatures, rank], gate [rows, rank], residual and
 * y [rows, outFeatures]. `rank` 0 and `residual` 0 leave those parts out. y may be the residual but not x.
 */
export function linear(
  x: usize,
  rows: i32,
  inFeatures: i32,
  type: i32,
  packed: usize,
  outFeatures: i32,
  scratch: usize,
  a: usize,
  b: usize,
  gate: usize,
  rank: i32,
  residual: usize,
  y: usize,
): void {
  const groups = rowGroups(rows);
  const integers = scratch;
  const scales = integers + integerBytes(rows, inFeatures);
  const inner = scales + scaleBytes(rows, inFeatures);
  const perThread = inner + aligned((groups as usize) * ROW_GROUP * (rank as usize) * 4);

  setArgument<usize>(0, x);
  setArgument<i32>(1, rows);
  setArgument<i32>(2, inFeatures);
  setArgument<usize>(3, integers);
  setArgument<usize>(4, scales);
  setArgument<usize>(5, inner);
  setArgument<usize>(6, a);
  setArgument<usize>(7, gate);
  setArgument<i32>(8, rank);
  if (!isFloat(type)) parallel(QUANTISE, groups);
  if (rank > 0) parallel(LOW_RANK_DOWN, groups);

  const spans = spansOf(outFeatures, tileSpan(inFeatures, rank));
  let chunkGroups = CHUNK_GROUPS;
  while (spans * ((groups + chunkGroups - 1) / chunkGroups) > MOST_TILES) chunkGroups <<= 1;
  setArgument<i32>(9, type);
  setArgument<usize>(10, packed);
  setArgument<i32>(11, outFeatures);
  setArgument<usize>(12, b);
  setArgument<usize>(13, residual);
  setArgument<usize>(14, y);
  setArgument<usize>(15, perThread);
  setArgument<i32>(16, chunkGroups);
  parallel(LINEAR, spans * ((groups + chunkGroups - 1) / chunkGroups));
}

// @ts-ignore: decorator
@inline
function spansOf(outFeatures: i32, span: i32): i32 {
  return (outFeatures + LANES * span - 1) / (LANES * span);
}

/** u = g * A x of one group of rows: [4 rows, rank]. Rows beyond the last are left as they are; nothing reads them into y. */
export function lowRankDownTile(group: i32): void {
  const inFeatures = argument<i32>(2);
  const rank = argument<i32>(8);
  const rows = argument<i32>(1);
  const stride = (inFeatures as usize) << 2;
  const firstRow = group * ROW_GROUP;
  const x0 = argument<usize>(0) + (firstRow as usize) * stride;
  const lastRow = rows - 1 - firstRow;
  const x1 = x0 + (min(1, lastRow) as usize) * stride;
  const x2 = x0 + (min(2, lastRow) as usize) * stride;
  const x3 = x0 + (min(3, lastRow) as usize) * stride;
  const inner = argument<usize>(5) + (((firstRow as usize) * (rank as usize)) << 2);
  const gate = argument<usize>(7) + (((firstRow as usize) * (rank as usize)) << 2);
  const wide = (inFeatures as usize) & ~(<usize>3);
  for (let j = 0; j < rank; j += 2) {
    const a0 = argument<usize>(6) + (j as usize) * stride;
    const a1 = a0 + (j + 1 < rank ? stride : 0);
    let s00 = f32x4.splat(0), s01 = f32x4.splat(0), s10 = f32x4.splat(0), s11 = f32x4.splat(0);
    let s20 = f32x4.splat(0), s21 = f32x4.splat(0), s30 = f32x4.splat(0), s31 = f32x4.splat(0);
    for (let k: usize = 0; k < wide << 2; k += 16) {
      const w0 = v128.load(a0 + k);
      const w1 = v128.load(a1 + k);
      let x = v128.load(x0 + k);
      s00 = f32x4.add(s00, f32x4.mul(x, w0));
      s01 = f32x4.add(s01, f32x4.mul(x, w1));
      x = v128.load(x1 + k);
      s10 = f32x4.add(s10, f32x4.mul(x, w0));
      s11 = f32x4.add(s11, f32x4.mul(x, w1));
      x = v128.load(x2 + k);
      s20 = f32x4.add(s20, f32x4.mul(x, w0));
      s21 = f32x4.add(s21, f32x4.mul(x, w1));
      x = v128.load(x3 + k);
      s30 = f32x4.add(s30, f32x4.mul(x, w0));
      s31 = f32x4.add(s31, f32x4.mul(x, w1));
    }
    storeInner(inner, gate, rank, j, 0, s00, tail(x0, a0, wide, inFeatures));
    storeInner(inner, gate, rank, j, min(1, lastRow), s10, tail(x1, a0, wide, inFeatures));
    storeInner(inner, gate, rank, j, min(2, lastRow), s20, tail(x2, a0, wide, inFeatures));
    storeInner(inner, gate, rank, j, min(3, lastRow), s30, tail(x3, a0, wide, inFeatures));
    if (j + 1 < rank) {
      storeInner(inner, gate, rank, j + 1, 0, s01, tail(x0, a1, wide, inFeatures));
      storeInner(inner, gate, rank, j + 1, min(1, lastRow), s11, tail(x1, a1, wide, inFeatures));
      storeInner(inner, gate, rank, j + 1, min(2, lastRow), s21, tail(x2, a1, wide, inFeatures));
      storeInner(inner, gate, rank, j + 1, min(3, lastRow), s31, tail(x3, a1, wide, inFeatures));
    }
  }
}

/** The products of the inputs that do not fill a vector. */
// @ts-ignore: decorator
@inline
function tail(x: usize, a: usize, wide: usize, inFeatures: i32): f32 {
  let sum: f32 = 0;
  for (let k = wide; k < (inFeatures as usize); k++) sum += load<f32>(x + (k << 2)) * load<f32>(a + (k << 2));
  return sum;
}

// @ts-ignore: decorator
@inline
function storeInner(inner: usize, gate: usize, rank: i32, j: i32, row: i32, sums: v128, rest: f32): void {
  const pairs = f32x4.add(sums, v128.shuffle<i32>(sums, sums, 2, 3, 0, 1));
  const sum = f32x4.extract_lane(pairs, 0) + f32x4.extract_lane(pairs, 1) + rest;
  const at = ((row * rank + j) as usize) << 2;
  store<f32>(inner + at, sum * load<f32>(gate + at));
}

/** One span of tiles for one chunk of row groups. */
export function linearTile(index: i32, thread: i32): void {
  const rows = argument<i32>(1);
  const inFeatures = argument<i32>(2);
  const rank = argument<i32>(8);
  const type = argument<i32>(9);
  const outFeatures = argument<i32>(11);
  const chunkGroups = argument<i32>(16);
  const span = tileSpan(inFeatures, rank);
  const spans = spansOf(outFeatures, span);
  const firstTile = (index % spans) * span;
  const lastTile = min(firstTile + span, (outFeatures + LANES - 1) / LANES);
  const firstGroup = (index / spans) * chunkGroups;
  const lastGroup = min(rowGroups(rows), firstGroup + chunkGroups);
  const packed = argument<usize>(10);
  const packedBytes = tileBytes(type, inFeatures);
  const unpackedBytes = unpackedTileBytes(inFeatures, rank);
  const scratch = argument<usize>(15) + (thread as usize) * threadScratchBytes(inFeatures, rank);
  const upOffset = ((inFeatures / BLOCK) as usize) * UNPACKED_BLOCK;
  for (let tile = firstTile; tile < lastTile; tile++) {
    const unpacked = scratch + ((tile - firstTile) as usize) * unpackedBytes;
    const outputs = min(LANES, outFeatures - tile * LANES);
    if (rank > 0) transposeUp(argument<usize>(12), rank, tile * LANES, outputs, unpacked + upOffset);
    if (!isFloat(type)) unpack(type, packed + (tile as usize) * packedBytes, inFeatures / BLOCK, unpacked);
  }
  for (let group = firstGroup; group < lastGroup; group++) {
    for (let tile = firstTile; tile < lastTile; tile++) {
      const unpacked = scratch + ((tile - firstTile) as usize) * unpackedBytes;
      if (isFloat(type)) floatGroup(group, tile * LANES, packed + (tile as usize) * packedBytes, unpacked + upOffset);
      else integerGroup(group, tile * LANES, unpacked, unpacked + upOffset);
    }
  }
}

/** B's rows of the tile as [rank, 8 outputs], zero beyond the last output. */
function transposeUp(b: usize, rank: i32, firstOutput: i32, outputs: i32, up: usize): void {
  for (let j = 0; j < rank; j++)
    for (let output = 0; output < LANES; output++)
      store<f32>(
        up + ((j * LANES + output) << 2),
        output < outputs ? load<f32>(b + (((firstOutput + output) * rank + j) << 2)) : 0,
      );
}

function unpack(type: i32, packed: usize, blocks: i32, to: usize): void {
  let from = packed;
  const low = i8x16.splat(15);
  for (let block = 0; block < blocks; block++) {
    v128.store(to, halvesToFloats(v128.load_ext<u16>(from, 0)), 0);
    v128.store(to, halvesToFloats(v128.load_ext<u16>(from, 8)), 16);
    if (type == Q8_0) {
      v128.store(to, i32x4.splat(0), 32);
      v128.store(to, i32x4.splat(0), 48);
      for (let p: usize = 0; p < 16; p++) {
        const values = v128.load(from + 16 + (p << 4));
        v128.store(to + 64 + (p << 5), i16x8.extend_low_i8x16_s(values), 0);
        v128.store(to + 64 + (p << 5), i16x8.extend_high_i8x16_s(values), 16);
      }
    } else {
      v128.store(to, halvesToFloats(v128.load_ext<u16>(from, 16)), 32);
      v128.store(to, halvesToFloats(v128.load_ext<u16>(from, 24)), 48);
      for (let q: usize = 0; q < 8; q++) {
        const values = v128.load(from + 32 + (q << 4));
        const even = v128.and(values, low);
        const odd = i8x16.shr_u(values, 4);
        v128.store(to + 64 + (q << 6), i16x8.extend_low_i8x16_u(even), 0);
        v128.store(to + 64 + (q << 6), i16x8.extend_high_i8x16_u(even), 16);
        v128.store(to + 64 + (q << 6), i16x8.extend_low_i8x16_u(odd), 32);
        v128.store(to + 64 + (q << 6), i16x8.extend_high_i8x16_u(odd), 48);
      }
    }
    from += packedBlockBytes(type);
    to += UNPACKED_BLOCK;
  }
}

/** 4 rows times 8 outputs over all inputs. */
function integerGroup(group: i32, firstOutput: i32, unpacked: usize, up: usize): void {
  const inFeatures = argument<i32>(2);
  let integers = argument<usize>(3) + (group as usize) * groupBytes(inFeatures);
  let scales = argument<usize>(4) + (group as usize) * groupScaleBytes(inFeatures);
  let weights = unpacked;
  let f00 = f32x4.splat(0), f01 = f32x4.splat(0);
  let f10 = f32x4.splat(0), f11 = f32x4.splat(0);
  let f20 = f32x4.splat(0), f21 = f32x4.splat(0);
  let f30 = f32x4.splat(0), f31 = f32x4.splat(0);
  for (let block = inFeatures / BLOCK; block > 0; block--) {
    const header = weights;
    weights += 64;
    let w0: v128, w1: v128, x: v128;
    let i00 = i32x4.splat(0), i01 = i32x4.splat(0);
    let i10 = i32x4.splat(0), i11 = i32x4.splat(0);
    let i20 = i32x4.splat(0), i21 = i32x4.splat(0);
    let i30 = i32x4.splat(0), i31 = i32x4.splat(0);
    for (let quarter = 0; quarter < 4; quarter++) {
      w0 = v128.load(weights, 0);
      w1 = v128.load(weights, 16);
      x = v128.load_splat<u32>(integers, 0);
      i00 = i32x4.add(i00, i32x4.dot_i16x8_s(x, w0));
      i01 = i32x4.add(i01, i32x4.dot_i16x8_s(x, w1));
      x = v128.load_splat<u32>(integers, 4);
      i10 = i32x4.add(i10, i32x4.dot_i16x8_s(x, w0));
      i11 = i32x4.add(i11, i32x4.dot_i16x8_s(x, w1));
      x = v128.load_splat<u32>(integers, 8);
      i20 = i32x4.add(i20, i32x4.dot_i16x8_s(x, w0));
      i21 = i32x4.add(i21, i32x4.dot_i16x8_s(x, w1));
      x = v128.load_splat<u32>(integers, 12);
      i30 = i32x4.add(i30, i32x4.dot_i16x8_s(x, w0));
      i31 = i32x4.add(i31, i32x4.dot_i16x8_s(x, w1));
      w0 = v128.load(weights, 32);
      w1 = v128.load(weights, 48);
      x = v128.load_splat<u32>(integers, 16);
      i00 = i32x4.add(i00, i32x4.dot_i16x8_s(x, w0));
      i01 = i32x4.add(i01, i32x4.dot_i16x8_s(x, w1));
      x = v128.load_splat<u32>(integers, 20);
      i10 = i32x4.add(i10, i32x4.dot_i16x8_s(x, w0));
      i11 = i32x4.add(i11, i32x4.dot_i16x8_s(x, w1));
      x = v128.load_splat<u32>(integers, 24);
      i20 = i32x4.add(i20, i32x4.dot_i16x8_s(x, w0));
      i21 = i32x4.add(i21, i32x4.dot_i16x8_s(x, w1));
      x = v128.load_splat<u32>(integers, 28);
      i30 = i32x4.add(i30, i32x4.dot_i16x8_s(x, w0));
      i31 = i32x4.add(i31, i32x4.dot_i16x8_s(x, w1));
      w0 = v128.load(weights, 64);
      w1 = v128.load(weights, 80);
      x = v128.load_splat<u32>(integers, 32);
      i00 = i32x4.add(i00, i32x4.dot_i16x8_s(x, w0));
      i01 = i32x4.add(i01, i32x4.dot_i16x8_s(x, w1));
      x = v128.load_splat<u32>(integers, 36);
      i10 = i32x4.add(i10, i32x4.dot_i16x8_s(x, w0));
      i11 = i32x4.add(i11, i32x4.dot_i16x8_s(x, w1));
      x = v128.load_splat<u32>(integers, 40);
      i20 = i32x4.add(i20, i32x4.dot_i16x8_s(x, w0));
      i21 = i32x4.add(i21, i32x4.dot_i16x8_s(x, w1));
      x = v128.load_splat<u32>(integers, 44);
      i30 = i32x4.add(i30, i32x4.dot_i16x8_s(x, w0));
      i31 = i32x4.add(i31, i32x4.dot_i16x8_s(x, w1));
      w0 = v128.load(weights, 96);
      w1 = v128.load(weights, 112);
      x = v128.load_splat<u32>(integers, 48);
      i00 = i32x4.add(i00, i32x4.dot_i16x8_s(x, w0));
      i01 = i32x4.add(i01, i32x4.dot_i16x8_s(x, w1));
      x = v128.load_splat<u32>(integers, 52);
      i10 = i32x4.add(i10, i32x4.dot_i16x8_s(x, w0));
      i11 = i32x4.add(i11, i32x4.dot_i16x8_s(x, w1));
      x = v128.load_splat<u32>(integers, 56);
      i20 = i32x4.add(i20, i32x4.dot_i16x8_s(x, w0));
      i21 = i32x4.add(i21, i32x4.dot_i16x8_s(x, w1));
      x = v128.load_splat<u32>(integers, 60);
      i30 = i32x4.add(i30, i32x4.dot_i16x8_s(x, w0));
      i31 = i32x4.add(i31, i32x4.dot_i16x8_s(x, w1));

      weights += 128;
      integers += 64;
    }
    const d0 = v128.load(header, 0);
    const d1 = v128.load(header, 16);
    const m0 = v128.load(header, 32);
    const m1 = v128.load(header, 48);
    let scale = v128.load_splat<u32>(scales, 0);
    let sum = v128.load_splat<u32>(scales, 16);
    f00 = f32x4.add(f00, f32x4.add(f32x4.mul(f32x4.convert_i32x4_s(i00), f32x4.mul(d0, scale)), f32x4.mul(m0, sum)));
    f01 = f32x4.add(f01, f32x4.add(f32x4.mul(f32x4.convert_i32x4_s(i01), f32x4.mul(d1, scale)), f32x4.mul(m1, sum)));
    scale = v128.load_splat<u32>(scales, 4);
    sum = v128.load_splat<u32>(scales, 20);
    f10 = f32x4.add(f10, f32x4.add(f32x4.mul(f32x4.convert_i32x4_s(i10), f32x4.mul(d0, scale)), f32x4.mul(m0, sum)));
    f11 = f32x4.add(f11, f32x4.add(f32x4.mul(f32x4.convert_i32x4_s(i11), f32x4.mul(d1, scale)), f32x4.mul(m1, sum)));
    scale = v128.load_splat<u32>(scales, 8);
    sum = v128.load_splat<u32>(scales, 24);
    f20 = f32x4.add(f20, f32x4.add(f32x4.mul(f32x4.convert_i32x4_s(i20), f32x4.mul(d0, scale)), f32x4.mul(m0, sum)));
    f21 = f32x4.add(f21, f32x4.add(f32x4.mul(f32x4.convert_i32x4_s(i21), f32x4.mul(d1, scale)), f32x4.mul(m1, sum)));
    scale = v128.load_splat<u32>(scales, 12);
    sum = v128.load_splat<u32>(scales, 28);
    f30 = f32x4.add(f30, f32x4.add(f32x4.mul(f32x4.convert_i32x4_s(i30), f32x4.mul(d0, scale)), f32x4.mul(m0, sum)));
    f31 = f32x4.add(f31, f32x4.add(f32x4.mul(f32x4.convert_i32x4_s(i31), f32x4.mul(d1, scale)), f32x4.mul(m1, sum)));
    scales += 32;
  }
  addUpAndStore(group, firstOutput, up, f00, f01, f10, f11, f20, f21, f30, f31);
}

/** As {@link integerGroup} with f32 weights and inputs. */
function floatGroup(group: i32, firstOutput: i32, packed: usize, up: usize): void {
  const rows = argument<i32>(1);
  const inFeatures = argument<i32>(2);
  const stride = (inFeatures as usize) << 2;
  const firstRow = group * ROW_GROUP;
  const lastRow = rows - 1 - firstRow;
  const x0 = argument<usize>(0) + (firstRow as usize) * stride;
  const x1 = x0 + (min(1, lastRow) as usize) * stride;
  const x2 = x0 + (min(2, lastRow) as usize) * stride;
  const x3 = x0 + (min(3, lastRow) as usize) * stride;
  let weights = packed;
  let f00 = f32x4.splat(0), f01 = f32x4.splat(0);
  let f10 = f32x4.splat(0), f11 = f32x4.splat(0);
  let f20 = f32x4.splat(0), f21 = f32x4.splat(0);
  let f30 = f32x4.splat(0), f31 = f32x4.splat(0);
  for (let k: usize = 0; k < stride; k += 4) {
    const w0 = v128.load(weights, 0);
    const w1 = v128.load(weights, 16);
    let x = v128.load_splat<u32>(x0 + k);
    f00 = f32x4.add(f00, f32x4.mul(x, w0));
    f01 = f32x4.add(f01, f32x4.mul(x, w1));
    x = v128.load_splat<u32>(x1 + k);
    f10 = f32x4.add(f10, f32x4.mul(x, w0));
    f11 = f32x4.add(f11, f32x4.mul(x, w1));
    x = v128.load_splat<u32>(x2 + k);
    f20 = f32x4.add(f20, f32x4.mul(x, w0));
    f21 = f32x4.add(f21, f32x4.mul(x, w1));
    x = v128.load_splat<u32>(x3 + k);
    f30 = f32x4.add(f30, f32x4.mul(x, w0));
    f31 = f32x4.add(f31, f32x4.mul(x, w1));
    weights += LANES * 4;
  }
  addUpAndStore(group, firstOutput, up, f00, f01, f10, f11, f20, f21, f30, f31);
}

/** y = sums + B u + residual for the rows and outputs that exist. */
// @ts-ignore: decorator
@inline
function addUpAndStore(
  group: i32,
  firstOutput: i32,
  up: usize,
  f00: v128, f01: v128,
  f10: v128, f11: v128,
  f20: v128, f21: v128,
  f30: v128, f31: v128,
): void {
  const rows = argument<i32>(1);
  const rank = argument<i32>(8);
  const outFeatures = argument<i32>(11);
  const firstRow = group * ROW_GROUP;
  let inner = argument<usize>(5) + (((firstRow as usize) * (rank as usize)) << 2);
  const rankBytes = (rank as usize) << 2;
  for (let j = 0; j < rank; j++) {
    const b0 = v128.load(up, 0);
    const b1 = v128.load(up, 16);
    let u = v128.load_splat<u32>(inner);
    f00 = f32x4.add(f00, f32x4.mul(u, b0));
    f01 = f32x4.add(f01, f32x4.mul(u, b1));
    u = v128.load_splat<u32>(inner + 1 * rankBytes);
    f10 = f32x4.add(f10, f32x4.mul(u, b0));
    f11 = f32x4.add(f11, f32x4.mul(u, b1));
    u = v128.load_splat<u32>(inner + 2 * rankBytes);
    f20 = f32x4.add(f20, f32x4.mul(u, b0));
    f21 = f32x4.add(f21, f32x4.mul(u, b1));
    u = v128.load_splat<u32>(inner + 3 * rankBytes);
    f30 = f32x4.add(f30, f32x4.mul(u, b0));
    f31 = f32x4.add(f31, f32x4.mul(u, b1));
    up += LANES * 4;
    inner += 4;
  }
  const outputs = min(LANES, outFeatures - firstOutput);
  const residual = argument<usize>(13);
  const y = argument<usize>(14);
  storeRow(firstRow, rows, firstOutput, outputs, residual, y, f00, f01);
  storeRow(firstRow + 1, rows, firstOutput, outputs, residual, y, f10, f11);
  storeRow(firstRow + 2, rows, firstOutput, outputs, residual, y, f20, f21);
  storeRow(firstRow + 3, rows, firstOutput, outputs, residual, y, f30, f31);
}

// @ts-ignore: decorator
@inline
function storeRow(row: i32, rows: i32, firstOutput: i32, outputs: i32, residual: usize, y: usize, s0: v128, s1: v128): void {
  if (row >= rows) return;
  const at = ((row as usize) * (argument<i32>(11) as usize) + (firstOutput as usize)) << 2;
  if (outputs == LANES) {
    if (residual != 0) {
      s0 = f32x4.add(s0, v128.load(residual + at, 0));
      s1 = f32x4.add(s1, v128.load(residual + at, 16));
    }
    v128.store(y + at, s0, 0);
    v128.store(y + at, s1, 16);
    return;
  }
  for (let output = 0; output < outputs; output++) {
    let value = f32x4.extract_lane(s0, 0);
    s0 = v128.shuffle<i32>(s0, s1, 1, 2, 3, 4);
    s1 = v128.shuffle<i32>(s1, s1, 1, 2, 3, 0);
    const offset = at + ((output as usize) << 2);
    if (residual != 0) value += load<f32>(residual + offset);
    store<f32>(y + offset, value);
  }
}
