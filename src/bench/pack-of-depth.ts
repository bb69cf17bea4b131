import { present } from "../core/invariant.ts";
import type { PackFiles } from "../model/load-parts.ts";

/**
 * The pack with an adapter for `layers` layers: its own first ones, and beyond them the same again from the first. Such a pack takes
 * as long as a trained one of that depth and answers nothing of worth, so its probe is taken out of the comparison (a result that
 * is not a number still fails). At the pack's own depth it is the pack itself.
 */
export function packOfDepth(pack: PackFiles, layers: number): PackFiles {
  const { manifest, adapter } = pack;
  const own = manifest.base.layers;
  if (layers === own) return pack;
  const tensors = new Map(adapter.tensors);
  for (const [name, tensor] of adapter.tensors) {
    const [, number, site] = /^blk\.(\d+)\.(.+)$/.exec(name) ?? [];
    if (number === undefined) continue;
    for (let layer = Number(number) + own; layer < layers; layer += own) {
      const repeated = `blk.${layer}.${present(site, "the tensor's site")}`;
      tensors.set(repeated, { ...tensor, name: repeated });
    }
  }
  return {
    ...pack,
    manifest: {
      ...manifest,
      base: { ...manifest.base, layers },
      probe: { ...manifest.probe, tolerance: Number.MAX_VALUE },
    },
    adapter: { ...adapter, tensors },
  };
}
