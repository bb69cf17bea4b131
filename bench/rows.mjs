// Rating files (docs/evaluate.md): how long 100,000 rows of either format take to be read and checked. Needs no model and no GPU.
import { importTool } from "./build-tool.mjs";
import { machine, saveResult } from "./machine.mjs";

const ROWS = 100_000;
const BAR_MS = 3000;

export async function benchRows() {
  const where = machine();
  const { readingTimes } = await importTool("rows");
  const times = await readingTimes(ROWS);
  console.log(`${ROWS.toLocaleString("en")} rows, read and checked (bar: ${BAR_MS / 1000} s)`);
  console.table(
    times.map(({ file, readMs, bareMs }) => ({
      file,
      seconds: (readMs / 1000).toFixed(2),
      "times split and Number alone": (readMs / bareMs).toFixed(1),
    })),
  );
  const pass = times.every(({ rows, readMs }) => rows === ROWS && readMs <= BAR_MS);
  console.log(pass ? "PASS\n" : "FAIL\n");
  saveResult("rows", { machine: where, barMs: BAR_MS, pass, times });
  return pass;
}
