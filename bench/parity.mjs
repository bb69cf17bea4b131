// Verdict log-odds of the golden slates against PyTorch f32, through adapter and gate.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { importTool } from "./build-tool.mjs";
import { machine, median, root, saveResult } from "./machine.mjs";

// Nats. The shader's order of summation differs more from PyTorch's than the WASM kernels' does.
const TOLERANCES = { wasm: 0.01, webgpu: 0.02 };

export async function benchParity(backend) {
  const golden = process.env["BECAUSAL_GOLDEN"] ?? join(root, "src", "engine", "golden");
  if (!existsSync(join(golden, "slates.json"))) {
    console.log("parity: skipped, there are no golden slates here.\n");
    return true;
  }
  const { measureSlates } = await importTool("slates");
  const where = machine();
  const { slateMilliseconds, ...parity } = await measureSlates(backend);
  const medianSlateMilliseconds = median(slateMilliseconds);
  const tolerance = TOLERANCES[backend];
  const pass = parity.largestDifference <= tolerance;
  console.log(`parity on ${backend} (${parity.adapter}), ${parity.layers} layers, against PyTorch f32`);
  console.table([
    {
      slates: parity.slates,
      candidates: parity.candidates,
      "max |d| nats": parity.largestDifference.toExponential(2),
      "mean |d|": parity.meanDifference.toExponential(2),
      "gate max |d|": parity.largestGateDifference.toExponential(2),
      "ms a slate (median)": Math.round(medianSlateMilliseconds),
      "positions/s": Math.round(parity.tokensPerSecond),
    },
  ]);
  console.log(`${pass ? "PASS" : "FAIL"}: max |d| <= ${tolerance} nats\n`);
  saveResult(`parity-${backend}`, {
    backend,
    machine: where,
    tolerance,
    pass,
    ...parity,
    medianSlateMilliseconds,
  });
  return pass;
}
