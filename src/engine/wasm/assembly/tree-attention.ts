/**
 * @file Attention over a forest: `tree-attention.reference.ts` is the definition.
 *
 * A tile is 4 query rows and the query heads of one key-value head. The keys are first laid out in groups of 8, transposed and scaled,
 * so that one vector holds the same component of 4 keys. A tile lists the groups in which any of its rows sees a key, computes all
 * their scores (hidden keys at -infinity), the softmax, and the weighted sum of the values.
 */
import { exp } from "./exp";
import { ATTENTION, KEYS } from "./kernel-ids";
import { argument, parallel, setArgument, threads } from "./pool";

const QUERY_ROWS: i32 = 4;
const KEY_GROUP: i32 = 8;

// @ts-ignore: decorator
@inline
function keyGroups(rows: i32): i32 {
  return (rows + KEY_GROUP - 1) / KEY_GROUP;
}

/** Keys of all groups and heads. */
function keyBytes(rows: i32, kvHeads: i32, headDim: i32): usize {
  return (keyGroups(rows) as usize) * (kvHeads as usize) * (headDim as usize) * KEY_GROUP * 4;
}

/** The ends of all rows, filled up to whole groups. */
function endsBytes(rows: i32): usize {
  return (keyGroups(rows) as usize) * KEY_GROUP * 4;
}

/** The listed groups and the weights of 4 rows on them. */
function threadScratchBytes(rows: i32): usize {
  return ((keyGroups(rows) as usize) * (4 + QUERY_ROWS * KEY_GROUP * 4) + 63) & ~(<usize>63);
}

/** Bytes `treeAttention` needs at `scratch`. */
export function attentionScratchBytes(rows: i32, heads: i32, kvHeads: i32, headDim: i32): usize {
  return keyBytes(rows, kvHeads, headDim) + endsBytes(rows) + (threads() as usize) * threadScratchBytes(rows);
}

/** qkv [rows, (heads + 2 kvHeads) headDim], ends [rows], y [rows, heads headDim]; headDim is even. */
export function treeAttention(
  qkv: usize,
  ends: usize,
  y: usize,
  scratch: usize,
  rows: i32,
  heads: i32,
  kvHeads: i32,
  headDim: i32,
): void {
  const paddedEnds = scratch + keyBytes(rows, kvHeads, headDim);
  memory.copy(paddedEnds, ends, (rows as usize) << 2);
  memory.fill(paddedEnds + ((rows as usize) << 2), 0, endsBytes(rows) - ((rows as usize) << 2));
  setArgument<usize>(0, qkv);
  setArgument<usize>(1, paddedEnds);
  setArgument<usize>(2, y);
  setArgument<usize>(3, scratch);
  setArgument<usize>(4, paddedEnds + endsBytes(rows));
  setArgument<i32>(5, rows);
  setArgument<i32>(6, heads);
  setArgument<i32>(7, kvHeads);
  setArgument<i32>(8, headDim);
  parallel(KEYS, keyGroups(rows));
  parallel(ATTENTION, ((rows + QUERY_ROWS - 1) / QUERY_ROWS) * kvHeads);
}

/** Transposes the keys of 8 rows, all heads: [kv head][group][component][key], times 1 / sqrt(headDim). */
export function keysTile(group: i32): void {
  const rows = argument<i32>(5);
  const heads = argument<i32>(6);
  const kvHeads = argument<i32>(7);
  const headDim = argument<i32>(8);
  const rowBytes = ((heads + 2 * kvHeads) as usize) * (headDim as usize) * 4;
  const headBytes = (headDim as usize) << 2;
  const scale = (1 / sqrt<f64>(headDim as f64)) as f32;
  for (let kvHead = 0; kvHead < kvHeads; kvHead++) {
    const to = groupOf(kvHead, group);
    for (let key = 0; key < KEY_GROUP; key++) {
      // Rows beyond the last repeat it; every query masks them.
      const row = min(rows - 1, group * KEY_GROUP + key);
      const from = argument<usize>(0) + (row as usize) * rowBytes + ((heads + kvHead) as usize) * headBytes;
      for (let d: usize = 0; d < headBytes; d += 4)
        store<f32>(to + d * KEY_GROUP + ((key as usize) << 2), load<f32>(from + d) * scale);
    }
  }
}

// @ts-ignore: decorator
@inline
function groupOf(kvHead: i32, group: i32): usize {
  const groupFloats = (argument<i32>(8) as usize) * KEY_GROUP;
  return argument<usize>(3) + (((kvHead * keyGroups(argument<i32>(5)) + group) as usize) * groupFloats << 2);
}

/** 4 rows, one key-value head. */
export function attentionTile(tile: i32, thread: i32): void {
  const rows = argument<i32>(5);
  const heads = argument<i32>(6);
  const kvHeads = argument<i32>(7);
  const kvHead = tile % kvHeads;
  const firstRow = (tile / kvHeads) * QUERY_ROWS;
  const list = argument<usize>(4) + (thread as usize) * threadScratchBytes(rows);
  const count = listGroups(firstRow, min(rows, firstRow + QUERY_ROWS), list);
  const weights = list + ((keyGroups(rows) as usize) << 2);
  const firstHead = (kvHead * heads + kvHeads - 1) / kvHeads;
  const lastHead = ((kvHead + 1) * heads + kvHeads - 1) / kvHeads;
  for (let head = firstHead; head < lastHead; head++) {
    scores(firstRow, head, kvHead, list, count, weights);
    for (let row: usize = 0; row < (QUERY_ROWS as usize); row++)
      softmax(weights + row * ((count as usize) << 5), count);
    weightedValues(firstRow, head, kvHead, list, count, weights);
  }
}

/** Writes the groups that hold an ancestor of one of the rows, and those rows' own; returns how many. */
function listGroups(firstRow: i32, endRow: i32, list: usize): i32 {
  const ends = argument<usize>(1);
  let count = 0;
  let row = 0;
  while (row < endRow) {
    const end = load<i32>(ends + ((row as usize) << 2));
    if (end <= firstRow) {
      // A finished subtree; `max` keeps a malformed one from holding us for ever.
      row = max(end, row + 1);
      continue;
    }
    const group = row / KEY_GROUP;
    store<i32>(list + ((count as usize) << 2), group);
    count++;
    row = (group + 1) * KEY_GROUP;
  }
  return count;
}

// @ts-ignore: decorator
@inline
function queryOf(row: i32, head: i32): usize {
  const headDim = argument<i32>(8);
  const rowFloats = (argument<i32>(6) + 2 * argument<i32>(7)) * headDim;
  // Rows beyond the last repeat it; nothing of them is stored.
  const existing = min(row, argument<i32>(5) - 1);
  return argument<usize>(0) + (((existing as usize) * (rowFloats as usize) + ((head * headDim) as usize)) << 2);
}

/** q k / sqrt(headDim) of 4 rows with every listed key: [4 rows][group][8 keys]. */
function scores(firstRow: i32, head: i32, kvHead: i32, list: usize, count: i32, weights: usize): void {
  const headBytes = (argument<i32>(8) as usize) << 2;
  const query0 = queryOf(firstRow, head);
  const query1 = queryOf(firstRow + 1, head);
  const query2 = queryOf(firstRow + 2, head);
  const query3 = queryOf(firstRow + 3, head);
  const rowBytes = (count as usize) << 5;
  const weights0 = weights;
  const weights1 = weights0 + rowBytes;
  const weights2 = weights1 + rowBytes;
  const weights3 = weights2 + rowBytes;
  for (let g: usize = 0; g < (count as usize); g++) {
    const group = load<i32>(list + (g << 2));
    let keys = groupOf(kvHead, group);
    let q: v128;
    let s00 = f32x4.splat(0), s01 = f32x4.splat(0);
    let s10 = f32x4.splat(0), s11 = f32x4.splat(0);
    let s20 = f32x4.splat(0), s21 = f32x4.splat(0);
    let s30 = f32x4.splat(0), s31 = f32x4.splat(0);
    for (let d: usize = 0; d < headBytes; d += 4) {
      const k0 = v128.load(keys, 0);
      const k1 = v128.load(keys, 16);
      q = v128.load_splat<u32>(query0 + d);
      s00 = f32x4.add(s00, f32x4.mul(q, k0));
      s01 = f32x4.add(s01, f32x4.mul(q, k1));
      q = v128.load_splat<u32>(query1 + d);
      s10 = f32x4.add(s10, f32x4.mul(q, k0));
      s11 = f32x4.add(s11, f32x4.mul(q, k1));
      q = v128.load_splat<u32>(query2 + d);
      s20 = f32x4.add(s20, f32x4.mul(q, k0));
      s21 = f32x4.add(s21, f32x4.mul(q, k1));
      q = v128.load_splat<u32>(query3 + d);
      s30 = f32x4.add(s30, f32x4.mul(q, k0));
      s31 = f32x4.add(s31, f32x4.mul(q, k1));
      keys += KEY_GROUP * 4;
    }
    const firstKey = group * KEY_GROUP;
    const ends = argument<usize>(1) + ((firstKey as usize) << 2);
    const ends0 = v128.load(ends, 0);
    const ends1 = v128.load(ends, 16);
    storeScores(weights0 + (g << 5), firstRow + 0, firstKey, ends0, ends1, s00, s01);
    storeScores(weights1 + (g << 5), firstRow + 1, firstKey, ends0, ends1, s10, s11);
    storeScores(weights2 + (g << 5), firstRow + 2, firstKey, ends0, ends1, s20, s21);
    storeScores(weights3 + (g << 5), firstRow + 3, firstKey, ends0, ends1, s30, s31);
  }
}

/** Keeps the scores of the keys j <= row < ends[j]. */
// @ts-ignore: decorator
@inline
function storeScores(to: usize, row: i32, firstKey: i32, ends0: v128, ends1: v128, s0: v128, s1: v128): void {
  const rows = i32x4.splat(row);
  const keys0 = i32x4.add(i32x4.splat(firstKey), i32x4(0, 1, 2, 3));
  const keys1 = i32x4.add(keys0, i32x4.splat(4));
  const hidden = f32x4.splat(-Infinity);
  v128.store(to, v128.bitselect(s0, hidden, v128.and(i32x4.le_s(keys0, rows), i32x4.gt_s(ends0, rows))), 0);
  v128.store(to, v128.bitselect(s1, hidden, v128.and(i32x4.le_s(keys1, rows), i32x4.gt_s(ends1, rows))), 16);
}

/** In place over 8 `count` scores. A row that sees no key (one beyond the last) gets zeros. */
function softmax(scores: usize, count: i32): void {
  const bytes = (count as usize) << 5;
  let most = f32x4.splat(-Infinity);
  for (let at: usize = 0; at < bytes; at += 16) most = f32x4.max(most, v128.load(scores + at));
  most = f32x4.max(most, v128.shuffle<i32>(most, most, 2, 3, 0, 1));
  most = f32x4.max(most, v128.shuffle<i32>(most, most, 1, 0, 3, 2));
  // In f64, whose sum rounds to the same f32 wherever the hidden keys stand between the others: an answer must not depend on its
  // neighbours, and the rounding of activations would make a visible difference of the last bit.
  let sums = f64x2.splat(0);
  const hidden = f32x4.splat(-Infinity);
  for (let at: usize = 0; at < bytes; at += 16) {
    const score = v128.load(scores + at);
    // -infinity is below what `exp` can tell from its smallest number, so it is taken out by hand.
    const weight = v128.andnot(exp(f32x4.sub(score, most)), f32x4.eq(score, hidden));
    sums = f64x2.add(sums, f64x2.promote_low_f32x4(weight));
    sums = f64x2.add(sums, f64x2.promote_low_f32x4(v128.shuffle<i32>(weight, weight, 2, 3, 0, 1)));
    v128.store(scores + at, weight);
  }
  const total = (f64x2.extract_lane(sums, 0) + f64x2.extract_lane(sums, 1)) as f32;
  const inverse = f32x4.splat(total == 0 ? 0 : 1 / total);
  for (let at: usize = 0; at < bytes; at += 16)
    v128.store(scores + at, f32x4.mul(v128.load(scores + at), inverse));
}

/** y of 4 rows, 8 components at a time. */
function weightedValues(firstRow: i32, head: i32, kvHead: i32, list: usize, count: i32, weights: usize): void {
  const rows = argument<i32>(5);
  const heads = argument<i32>(6);
  const headDim = argument<i32>(8);
  const rowBytes = ((heads + 2 * argument<i32>(7)) as usize) * (headDim as usize) * 4;
  const values = argument<usize>(0) + (((heads + argument<i32>(7) + kvHead) * headDim) as usize << 2);
  const y = argument<usize>(2) + ((((firstRow * heads) + head) * headDim) as usize << 2);
  const yRowBytes = ((heads * headDim) as usize) << 2;
  const weightBytes = (count as usize) << 5;
  const headBytes = (headDim as usize) << 2;
  const wide = headBytes & ~(<usize>31);
  for (let d: usize = 0; d < wide; d += 32) {
    let o00 = f32x4.splat(0), o01 = f32x4.splat(0);
    let o10 = f32x4.splat(0), o11 = f32x4.splat(0);
    let o20 = f32x4.splat(0), o21 = f32x4.splat(0);
    let o30 = f32x4.splat(0), o31 = f32x4.splat(0);
    let weights0 = weights;
    for (let g: usize = 0; g < (count as usize); g++) {
      const firstKey = load<i32>(list + (g << 2)) * KEY_GROUP;
      const weights1 = weights0 + weightBytes;
      const weights2 = weights1 + weightBytes;
      const weights3 = weights2 + weightBytes;
      let value = values + (firstKey as usize) * rowBytes + d;
      const lanes: usize = min(KEY_GROUP, rows - firstKey);
      for (let lane: usize = 0; lane < lanes; lane++) {
        let p: v128;
        const v0 = v128.load(value, 0);
        const v1 = v128.load(value, 16);
        p = v128.load_splat<u32>(weights0 + (lane << 2));
        o00 = f32x4.add(o00, f32x4.mul(p, v0));
        o01 = f32x4.add(o01, f32x4.mul(p, v1));
        p = v128.load_splat<u32>(weights1 + (lane << 2));
        o10 = f32x4.add(o10, f32x4.mul(p, v0));
        o11 = f32x4.add(o11, f32x4.mul(p, v1));
        p = v128.load_splat<u32>(weights2 + (lane << 2));
        o20 = f32x4.add(o20, f32x4.mul(p, v0));
        o21 = f32x4.add(o21, f32x4.mul(p, v1));
        p = v128.load_splat<u32>(weights3 + (lane << 2));
        o30 = f32x4.add(o30, f32x4.mul(p, v0));
        o31 = f32x4.add(o31, f32x4.mul(p, v1));
        value += rowBytes;
      }
      weights0 += 32;
    }
    storeValues(firstRow, 0, rows, y + d, o00, o01);
    storeValues(firstRow, 1, rows, y + d + yRowBytes, o10, o11);
    storeValues(firstRow, 2, rows, y + d + 2 * yRowBytes, o20, o21);
    storeValues(firstRow, 3, rows, y + d + 3 * yRowBytes, o30, o31);
  }
  // Components that do not fill two vectors: heads of unusual size.
  for (let d = wide; d < headBytes; d += 4) {
    for (let row = 0; row < min(QUERY_ROWS, rows - firstRow); row++) {
      let sum: f32 = 0;
      for (let g: usize = 0; g < (count as usize); g++) {
        const firstKey = load<i32>(list + (g << 2)) * KEY_GROUP;
        const lanes = min(KEY_GROUP, rows - firstKey);
        for (let lane = 0; lane < lanes; lane++)
          sum +=
            load<f32>(weights + (row as usize) * weightBytes + (g << 5) + ((lane as usize) << 2)) *
            load<f32>(values + ((firstKey + lane) as usize) * rowBytes + d);
      }
      store<f32>(y + (row as usize) * yRowBytes + d, sum);
    }
  }
}

// @ts-ignore: decorator
@inline
function storeValues(firstRow: i32, row: i32, rows: i32, y: usize, o0: v128, o1: v128): void {
  if (firstRow + row >= rows) return;
  v128.store(y, o0, 0);
  v128.store(y, o1, 16);
}
