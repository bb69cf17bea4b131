// Builds the engine's SIMD kernels (AssemblyScript) to src/engine/wasm/kernels.wasm.
// `--check` builds to memory and fails if the committed file differs.
import { readFileSync, writeFileSync } from "node:fs";
import asc from "assemblyscript/asc";

const SOURCE = "src/engine/wasm/assembly/index.ts";
const OUTPUT = "src/engine/wasm/kernels.wasm";

const { error, stdout, stderr, binary } = await build();
process.stdout.write(stdout.toString());
process.stderr.write(stderr.toString());
if (error) throw error;
if (process.argv.includes("--check")) {
  if (Buffer.compare(readFileSync(OUTPUT), binary) !== 0)
    throw new Error(
      `${OUTPUT} is not what ${SOURCE} compiles to: run \`npm run build:kernels\` and commit the result`,
    );
  console.log(`${OUTPUT} is what its source compiles to (${binary.byteLength} bytes)`);
} else {
  writeFileSync(OUTPUT, binary);
  console.log(`${OUTPUT}: ${binary.byteLength} bytes`);
}

async function build() {
  let binary;
  const result = await asc.main(
    [
      SOURCE,
      "--outFile",
      OUTPUT,
      "--optimizeLevel",
      "3",
      "--shrinkLevel",
      "0",
      "--converge",
      "--noAssert",
      "--runtime",
      "stub",
      "--importMemory",
      "--noExportMemory",
      "--sharedMemory",
      "--initialMemory",
      "16",
      // The whole of a 32-bit address space: what is reserved, not what is used.
      "--maximumMemory",
      "65536",
      "--enable",
      "simd",
      "--enable",
      "threads",
    ],
    {
      writeFile: (name, contents) => {
        if (name === OUTPUT) binary = Buffer.from(contents);
      },
    },
  );
  return { ...result, binary };
}
