/**
 * @file How weights lie in memory: in tiles of 8 outputs, each tile block after block of 32 inputs, so that unpacking a tile reads
 * straight on.
 *
 * A block of a tile is
 * - 4-bit (Q4_1): 8 f16 scales d, 8 f16 minima m, then 8 groups of 16 bytes; byte i of group q holds elements i of the
 *   input pairs 2q (low nibble) and 2q + 1 (high).
 * - 8-bit (Q8_0): 8 f16 scales d, then 16 groups of 16 bytes; byte i of group p holds element i of input pair p.
 * Element i of input pair p is the weight of output i >> 1 for input 2p + (i & 1).
 * - float (F16, F32): per input, 8 f32, one an output.
 * Outputs beyond the last are zero.
 */
import { halfToFloat } from "./half";
import { argument, parallel, setArgument } from "./pool";
import { PACK } from "./kernel-ids";

/** Numbers of GGUF's tensor types. */
export const F32: i32 = 0;
export const F16: i32 = 1;
export const Q4_1: i32 = 3;
export const Q8_0: i32 = 8;

export const BLOCK: i32 = 32;
/** Outputs of a tile. */
export const LANES: i32 = 8;

const PACKED_4_BIT_BLOCK: usize = 16 + 16 + 128;
const PACKED_8_BIT_BLOCK: usize = 16 + 256;

// @ts-ignore: decorator
@inline
export function isFloat(type: i32): bool {
  return type == F32 || type == F16;
}

// @ts-ignore: decorator
@inline
export function packedBlockBytes(type: i32): usize {
  return type == Q8_0 ? PACKED_8_BIT_BLOCK : PACKED_4_BIT_BLOCK;
}

export function tileBytes(type: i32, inFeatures: i32): usize {
  if (isFloat(type)) return (inFeatures as usize) * LANES * 4;
  return ((inFeatures / BLOCK) as usize) * packedBlockBytes(type);
}

/** Bytes of a packed [outFeatures, inFeatures] weight. */
export function weightBytes(type: i32, outFeatures: i32, inFeatures: i32): usize {
  return (((outFeatures + LANES - 1) / LANES) as usize) * tileBytes(type, inFeatures);
}

/** From row-major GGUF blocks at `source` (any alignment) to tiles at `packed`. `inFeatures` is a multiple of 32 unless the type is float. */
export function packWeight(type: i32, source: usize, outFeatures: i32, inFeatures: i32, packed: usize): void {
  setArgument<i32>(0, type);
  setArgument<usize>(1, source);
  setArgument<i32>(2, outFeatures);
  setArgument<i32>(3, inFeatures);
  setArgument<usize>(4, packed);
  parallel(PACK, (outFeatures + LANES - 1) / LANES);
}

export function packTile(tile: i32): void {
  const type = argument<i32>(0);
  const source = argument<usize>(1);
  const outFeatures = argument<i32>(2);
  const inFeatures = argument<i32>(3);
  const bytes = tileBytes(type, inFeatures);
  const to = argument<usize>(4) + (tile as usize) * bytes;
  memory.fill(to, 0, bytes);
  const first = tile * LANES;
  const outputs = min(LANES, outFeatures - first);
  for (let output = 0; output < outputs; output++) {
    if (isFloat(type)) packFloats(type, source, first + output, inFeatures, to + ((output as usize) << 2));
    else packBlocks(type, source, first + output, inFeatures, to, output);
  }
}

function packFloats(type: i32, source: usize, row: i32, inFeatures: i32, to: usize): void {
  const elementBytes: usize = type == F32 ? 4 : 2;
  let from = source + (row as usize) * (inFeatures as usize) * elementBytes;
  for (let i = 0; i < inFeatures; i++) {
    store<f32>(to + (i as usize) * LANES * 4, type == F32 ? load<f32>(from) : halfToFloat(load<u16>(from)));
    from += elementBytes;
  }
}

function packBlocks(type: i32, source: usize, row: i32, inFeatures: i32, to: usize, output: i32): void {
  const headerBytes: usize = type == Q4_1 ? 4 : 2;
  const sourceBlockBytes = headerBytes + (type == Q8_0 ? 32 : 16);
  const blocks = inFeatures / BLOCK;
  let from = source + (row as usize) * (blocks as usize) * sourceBlockBytes;
  const lane = (output as usize) << 1;
  for (let block = 0; block < blocks; block++) {
    store<u16>(to + lane, load<u16>(from));
    const values = from + headerBytes;
    if (type == Q8_0) {
      for (let k = 0; k < BLOCK; k++)
        store<u8>(to + 16 + (((k >> 1) as usize) << 4) + lane + (k & 1), load<u8>(values + k));
    } else {
      store<u16>(to + 16 + lane, load<u16>(from + 2));
      for (let k = 0; k < BLOCK; k++) {
        // The low nibbles of the 16 bytes are inputs 0 to 15, the high ones 16 to 31.
        const nibble: u32 = ((load<u8>(values + (k & 15)) as u32) >> ((k >> 4) << 2)) & 15;
        const at = to + 32 + (((k >> 2) as usize) << 4) + lane + (k & 1);
        store<u8>(at, (load<u8>(at) as u32) | (nibble << (((k >> 1) & 1) << 2)));
      }
    }
    from += sourceBlockBytes;
    to += packedBlockBytes(type);
  }
}
