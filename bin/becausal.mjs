#!/usr/bin/env node
// Builds the command line tool on first use (a clone has no build output), then runs it.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const built = new URL("../dist-cli/main.js", import.meta.url);
if (!existsSync(built)) {
  const vite = fileURLToPath(new URL("../node_modules/vite/bin/vite.js", import.meta.url));
  const { status, stderr } = spawnSync(
    process.execPath,
    [vite, "build", "--config", "vite.cli.config.ts", "--logLevel", "error"],
    {
      cwd: root,
      encoding: "utf8",
    },
  );
  if (status !== 0) {
    console.error(`The command line tool could not be built:\n${stderr}\nRun \`npm ci\` and try again.`);
    process.exit(1);
  }
}
await import(built.href);
