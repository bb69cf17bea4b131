// Benchmarks import the product's own TypeScript: each is built to one file for Node first.
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "vite";
import { root } from "./machine.mjs";

export const toolsFolder = join(root, "dist-cli", "bench");

/** Builds bench/ENTRY.ts to OUTDIR/NAME.mjs and returns that path. `whole`: in one file that needs nothing but npm's `webgpu`. */
export async function buildTool(entry, { name = entry, outDir = toolsFolder, whole = false } = {}) {
  await build({
    root,
    configFile: false,
    publicDir: false,
    logLevel: "error",
    ...(whole ? { ssr: { noExternal: true, external: ["webgpu"] } } : {}),
    build: {
      ssr: `bench/${entry}.ts`,
      outDir,
      emptyOutDir: false,
      target: "node20",
      rollupOptions: {
        output: { entryFileNames: `${name}.mjs`, ...(whole ? { codeSplitting: false } : {}) },
      },
    },
  });
  return join(outDir, `${name}.mjs`);
}

/** The module of bench/ENTRY.ts. It finds the repository's files from the working directory, which is changed to the root. */
export async function importTool(entry) {
  const path = await buildTool(entry);
  process.chdir(root);
  return import(pathToFileURL(path).href);
}
