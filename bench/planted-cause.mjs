// Do explanations find a cause that is known? Packs and cases of `python -m becausal_training causes --export FOLDER` through `becausal audit`.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { machine, root, saveResult } from "./machine.mjs";

const BARS = { leastTop: 0.95, mostOfCause: 0.2 };
/** Leave-one-out stands beside: it has no bar. */
const METHODS = [
  { name: "replacement", options: ["--method", "replacement"], isHeldToBars: true },
  { name: "shapley, 16 pairs", options: ["--method", "shapley", "--pairs", "16"], isHeldToBars: true },
  {
    name: "shapley, 16 pairs, contrast",
    options: ["--method", "shapley", "--pairs", "16", "--value", "contrast"],
    isHeldToBars: true,
  },
  { name: "leave-one-out", options: ["--method", "leave-one-out"], isHeldToBars: false },
];

export async function benchPlantedCause(backend, { worlds, limit }) {
  const folders = worlds === undefined ? [] : worldsIn(worlds);
  if (folders.length === 0) {
    console.log(
      "planted-cause: skipped. `--worlds FOLDER` names what `node scripts/python.mjs -m becausal_training causes --export FOLDER` wrote.\n",
    );
    return true;
  }
  const where = machine();
  const scratch = mkdtempSync(join(tmpdir(), "becausal-causes-"));
  try {
    const rows = folders.flatMap((folder) => {
      const cases = join(scratch, "cases.jsonl");
      const n = writeBeside(join(folder, "cases.jsonl"), cases);
      return METHODS.map((method) => measure(folder, cases, Math.min(n, limit), method, backend));
    });
    const pass = rows.every(({ isMet }) => isMet !== false);
    console.log(
      `planted causes on ${backend}, ${where.cores} cores; cases whose cause stands beside its own distractor`,
    );
    console.table(
      rows.map(({ world, method, n, top, ofCause, first, isMet }) => ({
        world,
        method,
        n,
        "cause on top": share(top),
        "|distractor| / |cause|": interval(ofCause, (value) => value.toFixed(3)),
        "model is right": share(first),
        bars: isMet === null ? "" : isMet ? "met" : "MISSED",
      })),
    );
    console.log(
      `${pass ? "PASS" : "FAIL"}: replacement and Shapley have the cause on top in at least ${BARS.leastTop * 100} %, median |distractor| / |cause| at most ${BARS.mostOfCause}\n`,
    );
    saveResult(`planted-cause-${backend}`, { backend, machine: where, bars: BARS, pass, rows });
    return pass;
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

function worldsIn(folder) {
  return ["", ...readdirSync(folder)]
    .map((name) => join(folder, name))
    .filter((path) => existsSync(join(path, "cases.jsonl")) && existsSync(join(path, "manifest.json")));
}

/** Where another cause's distractor stands in a history, it was never seen with this one: what is asked is the 90 %. */
function writeBeside(from, to) {
  const lines = readFileSync(from, "utf8")
    .split("\n")
    .filter((line) => line !== "" && JSON.parse(line).beside !== false);
  writeFileSync(to, `${lines.join("\n")}\n`);
  return lines.length;
}

function measure(folder, cases, limit, { name, options, isHeldToBars }, backend) {
  const world = JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8")).name;
  const args = ["--pack", folder, "--cases", cases, "--limit", `${limit}`, "--backend", backend, "--json"];
  const start = performance.now();
  const { status, stdout } = spawnSync(
    process.execPath,
    [join(root, "bin", "becausal.mjs"), "audit", ...args, ...options],
    { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"], maxBuffer: 2 ** 26 },
  );
  if (status !== 0) throw new Error(`the audit of ${world} by ${name} failed`);
  const { summary, failed } = JSON.parse(stdout);
  if (failed.length > 0)
    throw new Error(`${failed.length} cases of ${world} could not be explained: ${failed[0].failed}`);
  const figure = (wanted) => {
    const found = summary.find((each) => each.name === wanted);
    if (found === undefined) throw new Error(`the audit of ${world} has no figure "${wanted}"`);
    return found;
  };
  const top = figure("cause is the top item");
  const ofCause = figure("|distractor| / |cause|, median");
  return {
    world,
    method: name,
    n: top.n,
    top,
    ofCause,
    first: figure("target first of its candidates"),
    isMet: isHeldToBars ? top.value >= BARS.leastTop && ofCause.value <= BARS.mostOfCause : null,
    seconds: Math.round((performance.now() - start) / 1000),
  };
}

function interval({ value, low, high }, text) {
  return `${text(value)} [${text(low)}, ${text(high)}]`;
}

function share(estimate) {
  return interval(estimate, (value) => `${(100 * value).toFixed(1)} %`);
}
