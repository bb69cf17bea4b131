// `npm run bench [-- NAME...] [--backend wasm|webgpu]`: prints a table per benchmark and writes bench/results/*.json.
// Names: next-token, parity, page; all of them by default. Exit code 1 if a figure misses its bar.
// Without a GPU, `--backend webgpu` runs on a software Vulkan: VK_DRIVER_FILES=/usr/lib/chromium/vk_swiftshader_icd.json on Debian.
import { parseArgs } from "node:util";
import { benchNextToken } from "./next-token.mjs";
import { benchPage } from "./page.mjs";
import { benchParity } from "./parity.mjs";

const BENCHES = { "next-token": benchNextToken, parity: benchParity, page: benchPage };

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { backend: { type: "string", default: "wasm" } },
});
const names = positionals.length > 0 ? positionals : Object.keys(BENCHES);
const unknown = names.find((name) => !(name in BENCHES));
if (unknown !== undefined || !["wasm", "webgpu"].includes(values.backend)) {
  console.error(`usage: npm run bench -- [${Object.keys(BENCHES).join("] [")}] [--backend wasm|webgpu]`);
  process.exit(2);
}
let pass = true;
for (const name of names) pass = (await BENCHES[name](values.backend)) && pass;
// A GPU device keeps the process alive.
process.exit(pass ? 0 : 1);
