/**
 * @file Entry of the program that webgpu.mjs builds: `node webgpu-pass.mjs DEPTH REPETITIONS [rule|auto|FILE]` prints its report as
 * JSON.
 */
import { readFileSync } from "node:fs";
import { readTilesFile } from "../src/engine/ops/linear/tile-table.ts";
import { measureWebgpu } from "./webgpu-pass.ts";

const [, , depth = "12", repetitions = "60", tiles = "rule"] = process.argv;
const choice = tiles === "rule" || tiles === "auto" ? tiles : readTilesFile(readFileSync(tiles, "utf8"));
console.log(JSON.stringify(await measureWebgpu([Number(depth)], Number(repetitions), choice)));
// A GPU device keeps the process alive.
process.exit(0);
