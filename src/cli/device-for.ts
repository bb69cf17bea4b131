import type { LoadRequest } from "../engine/load-engine.ts";
import { readTilesFile } from "../engine/ops/linear/tile-table.ts";
import { nodeGpu } from "../engine/webgpu/node-gpu.ts";
import { readDisk } from "./disk-fetcher.ts";
import type { DeviceChoice } from "./usage.ts";

/** The device of a choice in Node, for `loadEngine`. Rejects with `file-missing` or `bad-request` where its file of tiles is no such file. */
export async function deviceFor({
  backend,
  threads,
  tiles,
}: DeviceChoice): Promise<Pick<LoadRequest, "backend" | "threads" | "tiles" | "gpu">> {
  if (backend === "wasm") return { backend, threads };
  const pinned =
    tiles === undefined ? undefined : readTilesFile(new TextDecoder().decode(await readDisk(tiles)));
  return { backend, tiles: pinned, gpu: await nodeGpu() };
}
