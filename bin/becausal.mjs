#!/usr/bin/env node
// Builds the command line tool on first use (a clone has no build output) and whenever a source is newer, then runs it.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const built = new URL("../dist-cli/main.js", import.meta.url);

function isStale() {
  if (!existsSync(built)) return true;
  const src = join(root, "src");
  // An installed package may come without sources: then what is built is what there is.
  if (!existsSync(src)) return false;
  const builtAt = statSync(built).mtimeMs;
  const isNewer = (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs > builtAt;
  const sources = readdirSync(src, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  return (
    isNewer(join(root, "vite.cli.config.ts")) ||
    sources.some(({ parentPath, path, name }) => isNewer(join(parentPath ?? path, name)))
  );
}

if (isStale()) {
  const vite = join(root, "node_modules", "vite", "bin", "vite.js");
  const { status, stderr } = spawnSync(
    process.execPath,
    [vite, "build", "--config", "vite.cli.config.ts", "--logLevel", "error"],
    { cwd: root, encoding: "utf8" },
  );
  if (status !== 0) {
    console.error(`The command line tool could not be built:\n${stderr}\nRun \`npm ci\` and try again.`);
    process.exit(1);
  }
}
await import(built.href);
