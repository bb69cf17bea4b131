// Runs Python 3.11+ with training/ on its path: `node scripts/python.mjs -m becausal_training …`.
import { spawnSync } from "node:child_process";
import { delimiter } from "node:path";
import { fileURLToPath } from "node:url";

const candidates = [
  process.env["BECAUSAL_PYTHON"],
  ".venv/bin/python",
  "python3.13",
  "python3.12",
  "python3.11",
  "python3",
  "python",
];

/** First Python of at least 3.11 (and able to import `modules`), or null. */
export function findPython(modules = []) {
  const probe = `import sys${modules.map((name) => `, ${name}`).join("")}; sys.exit(sys.version_info < (3, 11))`;
  return candidates.find((path) => path && spawnSync(path, ["-c", probe]).status === 0) ?? null;
}

/** Environment with the training package importable. */
export const pythonEnv = {
  ...process.env,
  PYTHONPATH: [fileURLToPath(new URL("../training", import.meta.url)), process.env["PYTHONPATH"]]
    .filter(Boolean)
    .join(delimiter),
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const python = findPython();
  if (python === null) {
    console.error("Python 3.11 or newer was not found. Install it, or set BECAUSAL_PYTHON to its path.");
    process.exit(2);
  }
  process.exit(spawnSync(python, process.argv.slice(2), { stdio: "inherit", env: pythonEnv }).status ?? 1);
}
