/** @file From a job's number to its kernel. */
import { gatherRowsTile, rmsNormTile, rotaryTile, softmaxTotalsTile, swigluTile } from "./elementwise";
import * as kernel from "./kernel-ids";
import { linearTile, lowRankDownTile } from "./linear";
import { quantiseTile } from "./quantise";
import { attentionTile, keysTile } from "./tree-attention";
import { packTile } from "./weight-layout";

export function runTile(id: i32, tile: i32, thread: i32): void {
  if (id == kernel.LINEAR) linearTile(tile, thread);
  else if (id == kernel.QUANTISE) quantiseTile(tile);
  else if (id == kernel.LOW_RANK_DOWN) lowRankDownTile(tile);
  else if (id == kernel.KEYS) keysTile(tile);
  else if (id == kernel.ATTENTION) attentionTile(tile, thread);
  else if (id == kernel.RMS_NORM) rmsNormTile(tile);
  else if (id == kernel.ROTARY) rotaryTile(tile);
  else if (id == kernel.SWIGLU) swigluTile(tile);
  else if (id == kernel.GATHER_ROWS) gatherRowsTile(tile);
  else if (id == kernel.SOFTMAX_TOTALS) softmaxTotalsTile(tile);
  else if (id == kernel.PACK) packTile(tile);
}
