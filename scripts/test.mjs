// `npm test`: everything the project promises, in one command, with one closing line that counts.
// A suite that cannot run here is reported as skipped with its reason; a suite that runs no test has failed.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, openSync, readFileSync, rmSync } from "node:fs";
import { findBrowser, howToInstall } from "./find-browser.mjs";
import { findPython, pythonEnv } from "./python.mjs";

const results = "test-results";
rmSync(results, { recursive: true, force: true });
mkdirSync(results, { recursive: true });

/** Runs a command with its output shown; true if it ended well. */
function run(command, args, env = process.env) {
  console.log(`\n> ${[command, ...args].join(" ")}`);
  return spawnSync(command, args, { stdio: "inherit", env }).status === 0;
}

/** Runs a command beside what comes next and resolves to whether it ended well; its output is kept in a file. */
function runBeside(command, args, env, log) {
  console.log(`\n> ${[command, ...args].join(" ")}   (beside what comes next)`);
  const file = openSync(log, "w");
  const child = spawn(command, args, { stdio: ["ignore", file, file], env });
  return new Promise((resolve) => {
    child.on("error", () => resolve(false));
    child.on("close", (code) => resolve(code === 0));
  });
}

const readJson = (file) => (existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : null);

/** One gate that passes or fails as a whole. */
const gate = (name, script) => ({
  name,
  run: () =>
    run("npm", ["run", "--silent", script])
      ? { passed: 1, failed: 0, skipped: 0 }
      : { passed: 0, failed: 1, skipped: 0 },
});

/** Counts of a suite; a runner that died or counted nothing is a failure. */
function counted(endedWell, counts) {
  if (counts === null || counts.passed + counts.failed === 0)
    return { passed: 0, failed: 1, skipped: counts?.skipped ?? 0 };
  return { ...counts, failed: Math.max(counts.failed, endedWell ? 0 : 1) };
}

const vitest = (project) => ({
  name: `vitest ${project}`,
  needsBrowser: project === "gpu",
  run: () => {
    const file = `${results}/${project}.json`;
    const endedWell = run("npx", [
      "vitest",
      "run",
      "--project",
      project,
      "--reporter=default",
      "--reporter=json",
      `--outputFile.json=${file}`,
    ]);
    const report = readJson(file);
    return counted(
      endedWell,
      report && {
        passed: report.numPassedTests,
        failed: report.numFailedTests,
        skipped: report.numPendingTests + report.numTodoTests,
      },
    );
  },
});

const playwright = {
  name: "playwright",
  isAlone: true,
  needsBrowser: true,
  run: () => {
    const endedWell = run("npx", ["playwright", "test"]);
    const stats = readJson(`${results}/e2e.json`)?.stats;
    return counted(
      endedWell,
      stats
        ? { passed: stats.expected, failed: stats.unexpected + stats.flaky, skipped: stats.skipped }
        : null,
    );
  },
};

/** Beside the GPU's tests, which leave a core idle where the GPU is software: one after the other they take a fifth longer. */
const pytest = {
  name: "pytest",
  isBeside: true,
  run: async () => {
    const python = findPython(["pytest", "numpy", "safetensors", "torch"]);
    if (python === null) {
      const reason =
        findPython() === null
          ? "no Python 3.11 or newer was found"
          : "Python is here but not what the training tests need: pip install -e 'training[dev]'";
      return { passed: 0, failed: 0, skipped: 1, reason };
    }
    const file = `${results}/pytest.xml`;
    const log = `${results}/pytest.log`;
    const args = ["-m", "pytest", "training", "-q", `--junitxml=${file}`];
    const endedWell = await runBeside(python, args, { ...pythonEnv, OMP_NUM_THREADS: "1" }, log);
    if (!endedWell) console.log(readFileSync(log, "utf8"));
    const suite = existsSync(file) ? readFileSync(file, "utf8").match(/<testsuite [^>]*>/)?.[0] : undefined;
    const number = (name) => Number(suite?.match(new RegExp(`${name}="(\\d+)"`))?.[1] ?? 0);
    const failed = number("failures") + number("errors");
    return counted(
      endedWell,
      suite
        ? { passed: number("tests") - failed - number("skipped"), failed, skipped: number("skipped") }
        : null,
    );
  },
};

const ruff = {
  name: "ruff",
  run: () => {
    const python = findPython(["ruff"]);
    if (python === null)
      return { passed: 0, failed: 0, skipped: 1, reason: "no Python with ruff: pip install ruff" };
    return run(python, ["-m", "ruff", "check", "training"])
      ? { passed: 1, failed: 0, skipped: 0 }
      : { passed: 0, failed: 1, skipped: 0 };
  },
};

const suites = [
  gate("types", "types"),
  gate("lint", "lint"),
  gate("layers", "layers"),
  gate("knip", "knip"),
  gate("kernels", "kernels"),
  vitest("unit"),
  ruff,
  pytest,
  vitest("gpu"),
  playwright,
];

const chosen = process.argv.slice(2);
/** In the order of `suites`; of those that run beside others, what will be. */
const outcomes = [];
for (const suite of suites.filter(
  ({ name }) => chosen.length === 0 || chosen.some((word) => name.includes(word)),
)) {
  if (suite.isAlone) await Promise.all(outcomes.map(({ outcome }) => outcome));
  const cannotRun = suite.needsBrowser && findBrowser() === null;
  const outcome = cannotRun ? { passed: 0, failed: 0, skipped: 1, reason: howToInstall } : suite.run();
  outcomes.push({ name: suite.name, outcome: suite.isBeside ? outcome : await outcome });
}
const total = { passed: 0, failed: 0, skipped: 0 };
const lines = [];
for (const { name, outcome } of outcomes) {
  const counts = await outcome;
  for (const key of ["passed", "failed", "skipped"]) total[key] += counts[key];
  const reason = counts.reason === undefined ? "" : ` (${counts.reason})`;
  lines.push(`${name}: ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped${reason}`);
}
console.log(`\n${lines.join("\n")}`);
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exit(total.failed === 0 && total.passed > 0 ? 0 : 1);
