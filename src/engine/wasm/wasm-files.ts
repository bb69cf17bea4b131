/** @file The kernels as a file of this site: the bundler copies it, so that the page asks no other origin for it. */
import kernels from "./kernels.wasm?url";
import type { WasmFiles } from "./start-wasm.ts";

export const wasmFiles: WasmFiles = { kernels };
