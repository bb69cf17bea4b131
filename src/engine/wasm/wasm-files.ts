/** @file tfjs's WASM binaries as files of this site: the bundler copies them, so that the page asks no other origin for them. */

import plain from "@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm?url";
import simd from "@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url";
import type { WasmFiles } from "./start-wasm.ts";

export const wasmFiles: WasmFiles = { simd, plain };
