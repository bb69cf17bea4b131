/** @file The tiles that were measured to be the fastest on an adapter, and the file that keeps them. */
import * as v from "valibot";
import { FailureError } from "../../../core/failure.ts";
import type { LinearWeightType } from "./linear.ts";
import { readTile, type Tile, tileBytes } from "./tile.ts";

export interface Product {
  readonly rows: number;
  readonly outs: number;
  readonly inputs: number;
  readonly type: LinearWeightType;
}

/** Products of one class have one tile: the same weights, and as many rows up to the next power of two. */
export function productClass({ rows, outs, inputs, type }: Product): string {
  return `${type} ${inputs}x${outs} ${2 ** Math.ceil(Math.log2(rows))}`;
}

const tilesFileSchema = v.strictObject({
  version: v.literal(1),
  /** The adapter's name; the tiles are of no use to another. */
  adapter: v.string(),
  /** `productClass` -> `tileName` */
  tiles: v.record(v.string(), v.string()),
});

export type TilesFile = v.InferOutput<typeof tilesFileSchema>;

/** Rejects with `bad-request` what is no file of tiles. A tile that no longer exists is left out when it is pinned. */
export function readTilesFile(text: string): TilesFile {
  try {
    return v.parse(tilesFileSchema, JSON.parse(text));
  } catch (error) {
    throw new FailureError({
      kind: "bad-request",
      reason: `this is no file of tiles: ${error instanceof Error ? error.message : String(error)}`,
    });
  }
}

const pinned = new WeakMap<GPUDevice, ReadonlyMap<string, Tile>>();

/** Has `linear` use these tiles on the device from now on; none of another adapter, nor any that the device has no memory for. */
export function pinTiles(device: GPUDevice, adapterName: string, { adapter, tiles }: TilesFile): void {
  const usable = new Map<string, Tile>();
  if (adapter === adapterName)
    for (const [product, name] of Object.entries(tiles)) {
      const tile = readTile(name);
      if (tile !== null && tileBytes(tile) <= device.limits.maxComputeWorkgroupStorageSize)
        usable.set(product, tile);
    }
  pinned.set(device, usable);
}

export function pinnedTiles(device: GPUDevice): ReadonlyMap<string, Tile> | undefined {
  return pinned.get(device);
}
