// `npm test`: everything the project promises, in one command, with one closing line that counts.
// A suite that cannot run here is reported as skipped with its reason; a suite that runs no test has failed.
import { spawn } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism } from "node:os";
import { findBrowser, howToInstall } from "./find-browser.mjs";
import { findPython, pythonEnv } from "./python.mjs";

const results = "test-results";
rmSync(results, { recursive: true, force: true });
mkdirSync(results, { recursive: true });

/**
 * Runs a command and resolves to whether it ended well. Its output is shown, or kept in the file `log` while something else is shown, and
 * shown after all if it ended badly.
 */
function run(command, args, { env = process.env, log = null } = {}) {
  const line = `> ${[command, ...args].join(" ")}`;
  console.log(log === null ? `\n${line}` : `\n${line}   (beside what is shown, into ${log})`);
  const output = log === null ? "inherit" : openSync(log, "w");
  const child = spawn(command, args, { stdio: [log === null ? "inherit" : "ignore", output, output], env });
  return new Promise((resolve) => {
    child.on("error", () => resolve(false));
    child.on("close", (code) => resolve(code === 0));
  }).then((endedWell) => {
    if (log === null) return endedWell;
    closeSync(output);
    console.log(endedWell ? `\n${line}: ended well` : `\n${line}: failed\n${readFileSync(log, "utf8")}`);
    return endedWell;
  });
}

const readJson = (file) => (existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : null);

/** One gate that passes or fails as a whole. */
const gate = (name, script) => ({
  name,
  run: async () => asOne(await run("npm", ["run", "--silent", script])),
});

const asOne = (endedWell) =>
  endedWell ? { passed: 1, failed: 0, skipped: 0 } : { passed: 0, failed: 1, skipped: 0 };

/** Counts of a suite; a runner that died or counted nothing is a failure. */
function counted(endedWell, counts) {
  if (counts === null || counts.passed + counts.failed === 0)
    return { passed: 0, failed: 1, skipped: counts?.skipped ?? 0 };
  return { ...counts, failed: Math.max(counts.failed, endedWell ? 0 : 1) };
}

const vitest = (project) => ({
  name: `vitest ${project}`,
  needsBrowser: project === "gpu",
  run: async ({ log, workers }) => {
    const file = `${results}/${project}.json`;
    const endedWell = await run(
      "npx",
      [
        ...["vitest", "run", "--project", project],
        ...["--reporter=default", "--reporter=json", `--outputFile.json=${file}`],
        ...(workers === undefined ? [] : [`--maxWorkers=${workers}`]),
      ],
      { log },
    );
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
  run: async ({ log }) => {
    const endedWell = await run("npx", ["playwright", "test"], { log });
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
  run: async ({ log }) => {
    const python = findPython(["pytest", "numpy", "safetensors", "torch"]);
    if (python === null) {
      const reason =
        findPython() === null
          ? "no Python 3.11 or newer was found"
          : "Python is here but not what the training tests need: pip install -e 'training[dev]'";
      return { passed: 0, failed: 0, skipped: 1, reason };
    }
    const file = `${results}/pytest.xml`;
    const args = ["-m", "pytest", "training", "-q", `--junitxml=${file}`];
    const endedWell = await run(python, args, { env: { ...pythonEnv, OMP_NUM_THREADS: "1" }, log });
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
  run: async ({ log }) => {
    const python = findPython(["ruff"]);
    if (python === null)
      return { passed: 0, failed: 0, skipped: 1, reason: "no Python with ruff: pip install ruff" };
    return asOne(await run(python, ["-m", "ruff", "check", "training"], { log }));
  },
};

/**
 * Stages, one after the other, each with lanes that run at the same time. A GPU in software keeps one core busy, and what runs on the
 * processor alone takes the others; the first lane's output is shown.
 */
const stages = [
  [["types", "lint", "layers", "knip", "kernels"].map((script) => gate(script, script))],
  [[vitest("gpu")], [vitest("unit"), ruff, pytest]],
  [[playwright]],
];

const words = process.argv.slice(2);
const isChosen = ({ name }) => words.length === 0 || words.some((word) => name.includes(word));
const cores = availableParallelism();

async function runLane(suites, isShown, workers) {
  const outcomes = [];
  for (const { name, needsBrowser, run: runSuite } of suites) {
    const log = isShown ? null : `${results}/${name.replaceAll(" ", "-")}.log`;
    const cannotRun = needsBrowser && findBrowser() === null;
    const counts = cannotRun
      ? { passed: 0, failed: 0, skipped: 1, reason: howToInstall }
      : await runSuite({ log, workers });
    outcomes.push({ name, counts });
  }
  return outcomes;
}

const total = { passed: 0, failed: 0, skipped: 0 };
const lines = [];
for (const stage of stages) {
  const lanes = stage.map((lane) => lane.filter(isChosen)).filter((lane) => lane.length > 0);
  const workers = lanes.length > 1 ? Math.max(1, cores - 1) : undefined;
  const outcomes = await Promise.all(
    lanes.map((lane, i) => runLane(lane, i === 0, i === 0 ? undefined : workers)),
  );
  for (const { name, counts } of outcomes.flat()) {
    for (const key of ["passed", "failed", "skipped"]) total[key] += counts[key];
    const reason = counts.reason === undefined ? "" : ` (${counts.reason})`;
    lines.push(
      `${name}: ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped${reason}`,
    );
  }
}
console.log(`\n${lines.join("\n")}`);
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exit(total.failed === 0 && total.passed > 0 ? 0 : 1);
