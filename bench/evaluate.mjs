// How long `becausal evaluate` takes for a case of 20 candidates, and what 1,000 cases would take: the golden slates as cases, or with
// `--dataset FOLDER` windows of its test users. `--modes LIST`, `--limit N` (0: all of them), `--backend webgpu`, `--pack NAME` as there.
// `--out FILE` keeps the result.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { machine, root, saveResult } from "./machine.mjs";

/** Minutes for 1,000 cases on two cores at 12 layers, and for the 7,666 windows of ml-100k on a data-centre GPU. */
const BARS = { wasm: { cases: 1000, minutes: 25 }, webgpu: { cases: 7666, minutes: 3 } };

const { values } = parseArgs({
  options: {
    backend: { type: "string", default: "wasm" },
    modes: { type: "string", default: "popularity,sasrec,text,hybrid,fused" },
    dataset: { type: "string" },
    pack: { type: "string", default: "movies" },
    limit: { type: "string", default: "12" },
    threads: { type: "string" },
    out: { type: "string" },
  },
});

const bar = BARS[values.backend];
if (bar === undefined || !/^\d+$/.test(values.limit)) {
  console.error(
    "usage: node bench/evaluate.mjs [--backend wasm|webgpu] [--modes LIST] [--dataset FOLDER --pack NAME] [--limit N] [--out FILE]",
  );
  process.exit(2);
}
const where = machine();
const folder = mkdtempSync(join(tmpdir(), "becausal-bench-"));
try {
  const out = values.out ?? join(folder, "result.json");
  const input =
    values.dataset === undefined
      ? ["--cases", goldenCases()]
      : ["--dataset", values.dataset, "--protocol", "windows"];
  const args = [
    ...["bin/becausal.mjs", "evaluate", ...input, "--pack", values.pack, "--mode", values.modes],
    ...["--backend", values.backend, "--out", out],
    ...(values.limit === "0" ? [] : ["--limit", values.limit]),
    ...(values.threads === undefined ? [] : ["--threads", values.threads]),
  ];
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: ["ignore", "ignore", "inherit"] });
  if (status !== 0) throw new Error(`evaluate ended with ${status}`);
  const { seconds, cases, engine, pack, base } = JSON.parse(readFileSync(out, "utf8"));
  const perCase = seconds / cases.length;
  const projected = (perCase * bar.cases) / 60;
  const isWithin = projected <= bar.minutes;
  console.log(
    `${values.modes} on ${engine.backend} (${engine.device}), pack ${pack.name}, ${base.layers} layers, load ${where.loadBefore}`,
  );
  if (where.loadBefore > where.cores) console.log("Other work was running: what follows is too slow.");
  console.log(`${cases.length} cases in ${seconds.toFixed(1)} s: ${perCase.toFixed(3)} s a case`);
  console.log(
    `${isWithin ? "PASS" : "FAIL"}: ${bar.cases} cases ${cases.length === bar.cases ? "took" : "would take"} ${projected.toFixed(1)} min, the bar is ${bar.minutes}`,
  );
  saveResult(`evaluate-${values.backend}`, {
    machine: where,
    backend: engine.backend,
    device: engine.device,
    pack: pack.name,
    layers: base.layers,
    modes: values.modes.split(","),
    cases: cases.length,
    seconds,
    secondsPerCase: perCase,
    projected: { cases: bar.cases, minutes: projected, bar: bar.minutes, pass: isWithin },
  });
  process.exitCode = isWithin ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true });
}

/** The committed pack's slates of 20, each with its first candidate as target. */
function goldenCases() {
  const { slates } = JSON.parse(readFileSync(join(root, "src", "engine", "golden", "slates.json"), "utf8"));
  const path = join(folder, "golden.jsonl");
  const lines = slates.map(({ history, candidates }, id) =>
    JSON.stringify({ id, history, target: candidates[0], candidates }),
  );
  writeFileSync(path, `${lines.join("\n")}\n`);
  return path;
}
