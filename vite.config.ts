import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { isolationHeaders, pageHeaders } from "./scripts/headers.mjs";

export default defineConfig({
  plugins: [react()],
  // The dev server's refresh preamble is an inline script, so the policy itself is sent by the built app only.
  server: { headers: isolationHeaders },
  preview: { headers: pageHeaders, port: 4173 },
  worker: { format: "es" },
  build: {
    target: "es2023",
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 2000,
    modulePreload: { polyfill: false },
  },
});
