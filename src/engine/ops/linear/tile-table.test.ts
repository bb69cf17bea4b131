import { describe, expect, test } from "vitest";
import { FailureError } from "../../../core/failure.ts";
import { linearTile, readTile, TILES, tileBytes, tileName } from "./tile.ts";
import { pinnedTiles, pinTiles, productClass, readTilesFile } from "./tile-table.ts";

const KEY = "q4_1 576x960 512";
const file = (tiles: Record<string, string>, adapter = "a GPU") => ({ version: 1, adapter, tiles }) as const;
/** Only its limit is asked for. */
const deviceOf = (maxComputeWorkgroupStorageSize: number) =>
  ({ limits: { maxComputeWorkgroupStorageSize } }) as unknown as GPUDevice;

test("rows up to the same power of two are one class", () => {
  const product = { outs: 960, inputs: 576, type: "q4_1" } as const;
  expect(productClass({ ...product, rows: 257 })).toBe(KEY);
  expect(productClass({ ...product, rows: 512 })).toBe(KEY);
  expect(productClass({ ...product, rows: 513 })).not.toBe(KEY);
});

test("every tile has a name of its own that is read back", () => {
  expect(new Set(TILES.map(tileName)).size).toBe(TILES.length);
  for (const tile of TILES) expect(readTile(tileName(tile))).toEqual(tile);
});

test("the rule keeps to the memory that every device has", () => {
  for (const rows of [1, 20, 110, 379, 721, 2048])
    for (const outs of [16, 576, 960, 3072]) {
      const tile = linearTile(rows, outs, false);
      expect(tile === null ? 0 : tileBytes(tile)).toBeLessThanOrEqual(16_384);
    }
});

describe("a file of tiles", () => {
  test("is read back", () => {
    expect(readTilesFile(JSON.stringify(file({ [KEY]: "4x4x2s" })))).toEqual(file({ [KEY]: "4x4x2s" }));
  });

  test.for([
    "",
    "[]",
    '{"version":2,"adapter":"a GPU","tiles":{}}',
    '{"version":1,"adapter":"a GPU","tiles":{"a":3}}',
  ])("is refused as %s", (text) => {
    expect(() => readTilesFile(text)).toThrow(FailureError);
  });

  test("holds for its own adapter, for tiles that exist and that the device has memory for", () => {
    const device = deviceOf(16_384);
    pinTiles(device, "a GPU", file({ [KEY]: "2x2x4", b: "8x8x1s", c: "no tile" }));
    expect([...(pinnedTiles(device) ?? [])]).toEqual([[KEY, readTile("2x2x4")]]);
    pinTiles(device, "another GPU", file({ [KEY]: "2x2x4" }));
    expect(pinnedTiles(device)?.size).toBe(0);
  });
});
