// `node bench/webgpu.mjs [--depths 30,12] [--repetitions 60] [--peak TFLOPS] [--pack FOLDER]`: the product's questions and products on
// this machine's GPU, through Dawn in Node; prints them and writes bench/results/webgpu-gpu.json. `--peak` is the vendor's f32 rate
// without matrix units, for the share of the roofline. Shapes, bars and how to carry it to another machine: bench/README.md.
//
// `--pack FOLDER` writes the measuring program there instead of running it. Where it runs it needs Node, npm's `webgpu` in reach of
// node_modules, and the repository's `public` and `src/engine/golden` below the working directory: `node FOLDER/webgpu-pass.mjs
// DEPTH REPETITIONS` prints the JSON that `node bench/webgpu.mjs --from FILE,FILE` then reads, a file a depth.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { build } from "vite";
import { root, saveResult } from "./machine.mjs";

const BARS = { 30: { slate: 15, heatmap: 120, bytes: 250e6 }, 12: { slate: 6, heatmap: 50, bytes: 120e6 } };
const LEAST_OF_TFJS = 0.4;

const { values } = parseArgs({
  options: {
    depths: { type: "string", default: "30,12" },
    repetitions: { type: "string", default: "60" },
    peak: { type: "string" },
    pack: { type: "string" },
    from: { type: "string" },
  },
});
const outDir = values.pack ?? join(root, "dist-cli", "bench");
if (values.from === undefined)
  await build({
    root,
    configFile: false,
    publicDir: false,
    logLevel: "error",
    ssr: { noExternal: true, external: ["webgpu"] },
    build: {
      ssr: "bench/webgpu-main.ts",
      outDir,
      emptyOutDir: false,
      target: "node20",
      rollupOptions: { output: { entryFileNames: "webgpu-pass.mjs", codeSplitting: false } },
    },
  });
if (values.pack !== undefined) process.exit(0);

// A process a depth: what one leaves behind in the JIT and on the heap slows the next.
const reports =
  values.from === undefined
    ? values.depths.split(",").map((depth) => {
        const args = [join(outDir, "webgpu-pass.mjs"), depth, values.repetitions];
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
const report = { ...first, passes: reports.flatMap(({ passes }) => passes) };

const { adapter, passes, products, where } = report;
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
  passes,
  products,
});
process.exit(pass ? 0 : 1);
