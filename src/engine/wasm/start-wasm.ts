/** @file Starts the WASM backend: SIMD, one thread, in Node or a worker, under a policy that forbids `blob:`. */
import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import { env, getKernel, registerKernel, setBackend } from "@tensorflow/tfjs-core";
import { invariant } from "../../core/invariant.ts";
import { linearWasm } from "../ops/linear/linear.wasm.ts";
import { rmsNormWasm } from "../ops/rms-norm/rms-norm.wasm.ts";
import { rotaryWasm } from "../ops/rotary/rotary.wasm.ts";
import { swigluWasm } from "../ops/swiglu/swiglu.wasm.ts";
import { treeAttentionWasm } from "../ops/tree-attention/tree-attention.wasm.ts";

/** Addresses of tfjs's own binaries. The plain one serves machines without SIMD, ten times slower. */
export interface WasmFiles {
  readonly simd: string;
  readonly plain: string;
}

const KERNELS = [linearWasm, rmsNormWasm, rotaryWasm, swigluWasm, treeAttentionWasm];

let filesInUse: WasmFiles | undefined;

/**
 * Makes wasm the current tfjs backend and registers the kernels. `files` may be left out in Node, where tfjs finds its own.
 * A page must give them. Starting twice is harmless.
 */
export async function startWasm(files?: WasmFiles): Promise<{ readonly adapterName: string }> {
  // The threaded build starts its threads from blob: addresses and waits for ever where the policy refuses them.
  env().set("WASM_HAS_MULTITHREAD_SUPPORT", false);
  if (files !== undefined && filesInUse === undefined) {
    setWasmPaths({
      "tfjs-backend-wasm-simd.wasm": files.simd,
      "tfjs-backend-wasm.wasm": files.plain,
      // Never fetched, but tfjs refuses a map that leaves one of its three names out.
      "tfjs-backend-wasm-threaded-simd.wasm": files.simd,
    });
    filesInUse = files;
  }
  for (const kernel of KERNELS)
    if (getKernel(kernel.kernelName, "wasm") === undefined) registerKernel(kernel);
  invariant(await setBackend("wasm"), "tfjs refused its own wasm backend");
  const hasSimd = await env().getAsync("WASM_HAS_SIMD_SUPPORT");
  return { adapterName: hasSimd ? "WebAssembly SIMD, 1 thread" : "WebAssembly, 1 thread" };
}
