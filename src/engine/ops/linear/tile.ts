/** @file How a workgroup of the many-rows shader divides a product. Only speed depends on it, and the order in which f32 sums add up. */

export const LANES = 8; // as in both shaders, in x and y

/** Rows and outputs that one invocation of the many-rows shader keeps in registers. */
export interface Tile {
  readonly rows: number;
  readonly outs: number;
  /** Invocations that share them, each with a part of the inputs. */
  readonly slices: number;
  /** Whether x and W come through workgroup memory. */
  readonly shared: boolean;
}

/**
 * The tile for a product of this size; null means the few-rows shader. Only speed depends on it.
 *
 * On a GPU the more rows, the larger the tile that still leaves enough invocations: measured on an H200, where the
 * best tile is 5 to 10 % faster than that of the rule. A tile of 64 sums spills and takes up to twice as long. A software adapter runs one
 * invocation after the other and spills every register anyway, so there the largest tile that the rows fill is the fastest.
 */
export function linearTile(rows: number, outs: number, software: boolean): Tile | null {
  if (software)
    return {
      rows: [1, 4, 8].find((most) => rows <= most) ?? 16,
      outs: outs <= 32 ? 4 : 8,
      slices: 1,
      shared: false,
    };
  const sums = rows * outs;
  if (sums <= 2 ** 16) return { rows: outs <= 32 && rows > 1024 ? 4 : 1, outs: 1, slices: 4, shared: false };
  if (sums <= 2 ** 17) return { rows: 2, outs: 2, slices: 4, shared: false };
  if (sums <= 2 ** 18) return { rows: 4, outs: 2, slices: 4, shared: false };
  if (sums <= 2 ** 20) return { rows: 4, outs: 4, slices: 2, shared: false };
  if (sums <= 1.4 * 2 ** 20) return { rows: 4, outs: 4, slices: 1, shared: true };
  return { rows: 8, outs: 4, slices: 1, shared: false };
}

/** ROWSxOUTSxSLICES, with an s behind it for workgroup memory. */
export function tileName({ rows, outs, slices, shared }: Tile): string {
  return `${rows}x${outs}x${slices}${shared ? "s" : ""}`;
}

/** What {@link tileName} writes; null for anything else. */
export function readTile(name: string): Tile | null {
  return TILES.find((tile) => tileName(tile) === name) ?? null;
}

const tile = (rows: number, outs: number, slices: number, shared: boolean): Tile => ({
  rows,
  outs,
  slices,
  shared,
});

/** Those worth a try on a GPU. */
export const TILES: readonly Tile[] = [
  tile(1, 1, 4, false),
  tile(2, 2, 4, false),
  tile(4, 2, 4, false),
  tile(4, 4, 2, false),
  tile(8, 4, 1, false),
  tile(8, 4, 2, false),
  tile(2, 2, 4, true),
  tile(4, 2, 2, true),
  tile(4, 2, 4, true),
  tile(4, 4, 1, true),
  tile(4, 4, 2, true),
  tile(8, 4, 1, true),
  tile(8, 4, 2, true),
  tile(8, 8, 1, true),
];

const STRIDE = 9; // as in the shader
const BYTES_PER_QUAD = 16;

/** Workgroup memory that a tile takes, in bytes. */
export function tileBytes({ rows, outs, slices, shared }: Tile): number {
  const sums = (slices - 1) * LANES * LANES * rows * outs * 4;
  return sums + (shared ? slices * LANES * (rows + outs) * STRIDE * BYTES_PER_QUAD : 0);
}
