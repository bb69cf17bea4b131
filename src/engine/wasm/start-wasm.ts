/** @file Starts the WASM backend: SIMD, as many threads as the machine and the page's isolation allow, in Node, a page or a worker. */
import {
  findBackend,
  findBackendFactory,
  getKernel,
  registerBackend,
  registerKernel,
  setBackend,
} from "@tensorflow/tfjs-core";
import { invariant } from "../../core/invariant.ts";
import { linearWasm } from "../ops/linear/linear.wasm.ts";
import { rmsNormWasm } from "../ops/rms-norm/rms-norm.wasm.ts";
import { rotaryWasm } from "../ops/rotary/rotary.wasm.ts";
import { softmaxTotalsWasm } from "../ops/softmax-totals/softmax-totals.wasm.ts";
import { swigluWasm } from "../ops/swiglu/swiglu.wasm.ts";
import { treeAttentionWasm } from "../ops/tree-attention/tree-attention.wasm.ts";
import { gatherRowsWasm } from "./gather-rows.ts";
import { compileKernels } from "./kernels.ts";
import { WasmBackend } from "./wasm-backend.ts";
import { WasmRuntime } from "./wasm-runtime.ts";

/** Address of the compiled kernels. */
export interface WasmFiles {
  readonly kernels: string;
}

export interface WasmOptions {
  /** A page must give it; Node carries its own copy. */
  readonly files?: WasmFiles | undefined;
  /** 1 to 16; undefined: one per core. */
  readonly threads?: number | undefined;
}

const KERNELS = [
  linearWasm,
  rmsNormWasm,
  rotaryWasm,
  softmaxTotalsWasm,
  swigluWasm,
  treeAttentionWasm,
  gatherRowsWasm,
];

/**
 * Makes wasm the current tfjs backend. There is one memory and one set of threads per realm, whatever the number of engines: starting
 * again keeps all tensors and, where `threads` differs, only changes their number. `removeBackend("wasm")` ends the threads and lets
 * the memory go.
 */
export async function startWasm({
  files,
  threads,
}: WasmOptions = {}): Promise<{ readonly adapterName: string }> {
  for (const kernel of KERNELS)
    if (getKernel(kernel.kernelName, "wasm") === undefined) registerKernel(kernel);
  if (findBackendFactory("wasm") === null) {
    const module = await compileKernels(files?.kernels);
    // Another start may have come first while this one was compiling.
    if (findBackendFactory("wasm") === null) {
      // Made here and not by tfjs, which would swallow the failure.
      const made = new WasmBackend(new WasmRuntime(module));
      registerBackend("wasm", () => made);
    }
  }
  invariant(await setBackend("wasm"), "tfjs refused the wasm backend");
  const backend = findBackend("wasm");
  invariant(backend instanceof WasmBackend, "the wasm backend is our own");
  await backend.runtime.setThreads(threads);
  const count = backend.runtime.threads;
  return { adapterName: `WebAssembly SIMD, ${count} ${count === 1 ? "thread" : "threads"}` };
}
