/** @file Entry of the program that webgpu.mjs builds: `node webgpu-pass.mjs DEPTH REPETITIONS` prints its report as JSON. */
import { measureWebgpu } from "./webgpu-pass.ts";

const [, , depth = "12", repetitions = "60"] = process.argv;
console.log(JSON.stringify(await measureWebgpu([Number(depth)], Number(repetitions))));
// A GPU device keeps the process alive.
process.exit(0);
