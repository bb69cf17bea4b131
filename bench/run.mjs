// `npm run bench [-- NAME...] [--backend wasm|webgpu]`: prints a table per benchmark and writes bench/results/*.json.
// Names: next-token, parity, page, engine, explain, planted-cause, learning, rows; all of them by default. README.md says what each figure means. Exit code 1 if a figure misses its bar.
// Without a GPU, `--backend webgpu` runs on a software Vulkan: VK_DRIVER_FILES=/usr/lib/chromium/vk_swiftshader_icd.json on Debian.
import { parseArgs } from "node:util";
import { benchEngine } from "./engine.mjs";
import { benchExplain } from "./explain.mjs";
import { benchLearning } from "./learning.mjs";
import { benchNextToken } from "./next-token.mjs";
import { benchPage } from "./page.mjs";
import { benchParity } from "./parity.mjs";
import { benchPlantedCause } from "./planted-cause.mjs";
import { benchRows } from "./rows.mjs";

const BENCHES = {
  "next-token": benchNextToken,
  parity: benchParity,
  page: benchPage,
  engine: benchEngine,
  explain: benchExplain,
  "planted-cause": benchPlantedCause,
  learning: benchLearning,
  rows: benchRows,
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    backend: { type: "string", default: "wasm" },
    // For "planted-cause" alone.
    worlds: { type: "string" },
    limit: { type: "string", default: "150" },
    // For "learning" alone.
    repetitions: { type: "string" },
    worse: { type: "string" },
    // The rest is for "engine" alone.
    rounds: { type: "string" },
    parts: { type: "string" },
    "no-peers": { type: "boolean", default: false },
  },
});
const names = positionals.length > 0 ? positionals : Object.keys(BENCHES);
const unknown = names.find((name) => !(name in BENCHES));
if (unknown !== undefined || !["wasm", "webgpu"].includes(values.backend)) {
  console.error(
    `usage: npm run bench -- [${Object.keys(BENCHES).join("] [")}] [--backend wasm|webgpu] [--rounds N] [--parts 1,2,swiftshader] [--no-peers] [--worlds FOLDER] [--limit N] [--repetitions N] [--worse N]`,
  );
  process.exit(2);
}
let pass = true;
const { backend, rounds, parts, "no-peers": alone, worlds, limit, repetitions, worse } = values;
const options = { rounds, parts, peers: !alone, worlds, limit: Number(limit), repetitions, worse };
for (const name of names) pass = (await BENCHES[name](backend, options)) && pass;
// A GPU device keeps the process alive.
process.exit(pass ? 0 : 1);
