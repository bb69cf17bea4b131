import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { type Connect, defineConfig, type Plugin } from "vite";
import { isolationHeaders, pageHeaders } from "./scripts/headers.mjs";

const FULL_MODEL = "SmolLM2-135M-Instruct.Q4_1.gguf";

export default defineConfig({
  plugins: [react(), serveFullModel()],
  // The dev server's refresh preamble is an inline script, so the policy itself is sent by the built app only.
  server: { headers: isolationHeaders },
  preview: { headers: pageHeaders, port: 4173 },
  worker: { format: "es" },
  // Workers' dependencies too: found late, they would make the dev server reload the page in the middle of a load.
  optimizeDeps: { entries: ["index.html", "bench.html", "src/**/*.worker.ts"] },
  build: {
    target: "es2023",
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 2000,
    modulePreload: { polyfill: false },
    rollupOptions: { input: ["index.html", "bench.html"] },
  },
});

/**
 * Serves the published model at /full-model/ for the benchmark, where `npm run model:full` has fetched it. The dev and preview servers
 * do so; nothing of it enters the build.
 */
function serveFullModel(): Plugin {
  const file = fileURLToPath(new URL(join(".models", FULL_MODEL), import.meta.url));
  const answer: Connect.NextHandleFunction = (request, response, next) => {
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    if (!pathname.startsWith("/full-model/")) return next();
    const found = pathname === `/full-model/${FULL_MODEL}` && ["GET", "HEAD"].includes(request.method ?? "");
    const send = async () => {
      const { size } = await stat(file);
      response.writeHead(200, {
        ...isolationHeaders,
        "Content-Type": "application/octet-stream",
        "Content-Length": size,
      });
      if (request.method === "HEAD") response.end();
      else createReadStream(file).on("error", next).pipe(response);
    };
    const refuse = () => {
      response.writeHead(404, isolationHeaders).end();
    };
    if (found) send().catch(refuse);
    else refuse();
  };
  return {
    name: "full-model",
    configureServer: ({ middlewares }) => void middlewares.use(answer),
    configurePreviewServer: ({ middlewares }) => void middlewares.use(answer),
  };
}
