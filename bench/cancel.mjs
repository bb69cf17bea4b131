// `node bench/cancel.mjs [wasm] [webgpu]`: how soon a cancel is heard, 30 random moments within a slate of 20, 12 layers, in Node.
// Exit code 1 if the slowest rejection takes more than 200 ms. CANCELS=5 takes fewer moments: a software GPU needs many seconds for each.
import { pathToFileURL } from "node:url";
import { importTool } from "./build-tool.mjs";
import { machine, median, saveResult } from "./machine.mjs";

const BAR_MS = 200;
const CANCELS = Number(process.env["CANCELS"] ?? 30);

export async function benchCancel(backend) {
  const { measureCancellations } = await importTool("cancellations");
  const where = machine();
  const { rejectionMs, idleMs, ...about } = await measureCancellations(backend, CANCELS);
  const row = (figure, values) => ({
    figure,
    "median ms": median(values).toFixed(1),
    "worst ms": Math.max(...values).toFixed(1),
  });
  const pass = Math.max(...rejectionMs) <= BAR_MS;
  console.log(
    `cancel on ${backend} (${about.adapter}), ${about.layers} layers, ${about.positions} positions; a whole slate takes ${Math.round(about.wholeMs)} ms; load ${where.loadBefore}`,
  );
  console.table([row("cancel to rejection", rejectionMs), row("cancel to idle device", idleMs)]);
  console.log(`${pass ? "PASS" : "FAIL"}: the slowest of ${CANCELS} rejections within ${BAR_MS} ms\n`);
  saveResult(`cancel-${backend}`, {
    backend,
    machine: where,
    barMs: BAR_MS,
    pass,
    ...about,
    rejectionMs,
    idleMs,
  });
  return pass;
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const names = process.argv.slice(2);
  let pass = true;
  for (const name of names.length > 0 ? names : ["wasm", "webgpu"]) pass = (await benchCancel(name)) && pass;
  // A GPU device keeps the process alive.
  process.exit(pass ? 0 : 1);
}
