// `npm test`: everything the project promises, in one command, with one closing line that counts.
// A suite that cannot run here is reported as skipped with its reason; a suite that runs no test has failed.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
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

const pytest = {
  name: "pytest",
  run: () => {
    const python = findPython(["pytest", "numpy", "safetensors", "torch"]);
    if (python === null) {
      const reason =
        findPython() === null
          ? "no Python 3.11 or newer was found"
          : "Python is here but not what the training tests need: pip install -e 'training[dev]'";
      return { passed: 0, failed: 0, skipped: 1, reason };
    }
    const file = `${results}/pytest.xml`;
    const endedWell = run(python, ["-m", "pytest", "training", "-q", `--junitxml=${file}`], pythonEnv);
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
const total = { passed: 0, failed: 0, skipped: 0 };
const lines = [];
for (const suite of suites.filter(
  ({ name }) => chosen.length === 0 || chosen.some((word) => name.includes(word)),
)) {
  const outcome =
    suite.needsBrowser && findBrowser() === null
      ? { passed: 0, failed: 0, skipped: 1, reason: howToInstall }
      : suite.run();
  for (const key of ["passed", "failed", "skipped"]) total[key] += outcome[key];
  const reason = outcome.reason === undefined ? "" : ` (${outcome.reason})`;
  lines.push(
    `${suite.name}: ${outcome.passed} passed, ${outcome.failed} failed, ${outcome.skipped} skipped${reason}`,
  );
}
console.log(`\n${lines.join("\n")}`);
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exit(total.failed === 0 && total.passed > 0 ? 0 : 1);
