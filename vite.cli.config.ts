import { defineConfig } from "vite";

// The CLI is the same code, bundled for Node so that `?raw` shaders and `.ts` paths resolve.
export default defineConfig({
  publicDir: false,
  build: {
    ssr: "src/cli/main.ts",
    outDir: "dist-cli",
    target: "node20",
    rollupOptions: { output: { entryFileNames: "main.js" } },
  },
});
