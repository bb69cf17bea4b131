// `node bench/webgpu.mjs [--depths 30,12] [--repetitions 60] [--peak TFLOPS] [--pack FOLDER]`: the product's questions and products on
// this machine's GPU, through Dawn in Node; prints them and writes bench/results/webgpu-gpu.json. `--peak` is the vendor's f32 rate
// without matrix units, for the share of the roofline. `--tiles auto` measures the fastest tile for every product first, `print` also
// prints them as a file, `--tiles FILE` uses such a file, and without it they follow the rule. Shapes, bars and how to carry it to another machine: bench/README.md.
//
// `--pack FOLDER` writes the measuring program there instead of running it. Where it runs it needs Node, npm's `webgpu` in reach of
// node_modules, and the repository's `public` and `src/engine/golden` below the working directory: `node FOLDER/webgpu-pass.mjs
// DEPTH REPETITIONS TILES` prints the JSON that `node bench/webgpu.mjs --from FILE,FILE` then reads, a file a depth.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { buildTool, toolsFolder } from "./build-tool.mjs";
import { root, saveResult } from "./machine.mjs";

const BARS = { 30: { slate: 15, heatmap: 120, bytes: 250e6 }, 12: { slate: 6, heatmap: 50, bytes: 120e6 } };
const LEAST_OF_TFJS = 0.4;
const PARITY_NATS = 0.02;

const { values } = parseArgs({
  options: {
    depths: { type: "string", default: "30,12" },
    repetitions: { type: "string", default: "60" },
    peak: { type: "string" },
    pack: { type: "string" },
    from: { type: "string" },
    tiles: { type: "string", default: "rule" },
  },
});
const program =
  values.from === undefined
    ? await buildTool("webgpu-main", { name: "webgpu-pass", whole: true, outDir: values.pack ?? toolsFolder })
    : null;
if (values.pack !== undefined) process.exit(0);

// A process a depth: what one leaves behind in the JIT and on the heap slows the next.
const reports =
  program !== null
    ? values.depths.split(",").map((depth) => {
        const args = [program, depth, values.repetitions, values.tiles === "print" ? "auto" : values.tiles];
        const { status, stdout } = spawnSync(process.execPath, args, {
          cwd: root,
          encoding: "utf8",
          maxBuffer: 2 ** 26,
          stdio: ["ignore", "pipe", "inherit"],
        });
        if (status !== 0) throw new Error(`the measurement at depth ${depth} failed`);
        return JSON.parse(stdout);
      })
    : values.from.split(",").map((file) => JSON.parse(readFileSync(file, "utf8")));
const [first] = reports;
const parityOf = reports.find(({ parity }) => parity !== null)?.parity ?? null;
const report = { ...first, parity: parityOf, passes: reports.flatMap(({ passes }) => passes) };

const { adapter, passes, products, where, tiles, parity } = report;
const peak = values.peak === undefined ? null : Number(values.peak);
let pass = true;
const rows = passes.flatMap(({ layers, memory, slate, heatmap }) => {
  const bars = BARS[layers];
  if (bars !== undefined && memory.mostAllocatedBytes > bars.bytes) pass = false;
  return Object.entries({ slate, heatmap }).map(([question, timing]) => {
    if (bars !== undefined && timing.medianMs > bars[question]) pass = false;
    return {
      layers,
      question,
      rows: timing.rows,
      dispatches: timing.dispatches,
      "median ms": timing.medianMs.toFixed(1),
      "min ms": timing.minMs.toFixed(1),
      "GPU alone ms": timing.gpuMs.toFixed(1),
      "bar ms": bars?.[question] ?? "",
      MB: (memory.mostAllocatedBytes / 1e6).toFixed(0),
    };
  });
});
console.log(`WebGPU through Dawn in Node, ${adapter}`);
console.table(rows);
console.log(
  `verdicts of ${parity.slates} slates against PyTorch f32: largest difference ${parity.largestDifference.toExponential(2)} nats (bar ${PARITY_NATS})`,
);
if (!(parity.largestDifference <= PARITY_NATS)) pass = false;
if (values.tiles === "print") console.log(JSON.stringify(tiles, null, 1));
for (const { ofTfjs } of products) if (ofTfjs < LEAST_OF_TFJS) pass = false;
console.table(
  products.map(({ rows, out, inputs, us, teraflops, withAdapterUs, tfjsUs, ofTfjs }) => ({
    "rows x in x out": `${rows}x${inputs}x${out}`,
    us: us.toFixed(1),
    "with adapter us": withAdapterUs.toFixed(1),
    "tfjs matMul us": tfjsUs.toFixed(1),
    TFLOPS: teraflops.toFixed(1),
    "% of tfjs": Math.round(100 * ofTfjs),
    ...(peak === null ? {} : { "% of roofline": Math.round((100 * teraflops) / peak) }),
  })),
);
console.log(
  `${pass ? "PASS" : "FAIL"}: medians, memory, and at least ${100 * LEAST_OF_TFJS} % of tfjs' matMul\n`,
);
saveResult("webgpu-gpu", {
  adapter,
  machine: where,
  bars: BARS,
  leastOfTfjs: LEAST_OF_TFJS,
  roofline:
    peak === null
      ? null
      : {
          teraflops: peak,
          source: "the vendor's data sheet: f32 without matrix units",
          shares: products.map(({ teraflops }) => teraflops / peak),
        },
  pass,
  parity,
  tiles,
  passes,
  products,
});
process.exit(pass ? 0 : 1);
