/** @file The exports of kernels.wasm (sources in `assembly/`), and their way from the file into an instance. */
import { FailureError } from "../../core/failure.ts";
import { InvariantError, invariant, present } from "../../core/invariant.ts";
import type { TensorType } from "../../model/gguf.ts";

/** GGUF's numbers of the tensor types that the kernels know. */
export const TYPE_NUMBERS: Readonly<Record<TensorType, number>> = {
  F32: 0,
  F16: 1,
  Q4_0: 2,
  Q4_1: 3,
  Q8_0: 8,
};

/** Byte address in the shared memory, a multiple of 16; 0 stands for "none" where an argument is optional. */
export type Address = number;

/**
 * Every matrix is row-major float32 unless said otherwise. All but `serve` are called by the thread that owns the memory; they return
 * when the work is done, having shared it with the helpers. They trust their arguments: whoever calls checks the shapes.
 */
export interface WasmKernels {
  /** The life of a helper thread (1 and up): takes part in every job until `stop`. */
  serve(thread: number): void;
  /** Ends every helper. */
  stop(): void;
  /** How many threads share the work, the caller included. */
  setThreads(threads: number): void;

  /** Bytes of a packed [outFeatures, inFeatures] weight of a GGUF tensor type (its number there). */
  weightBytes(type: number, outFeatures: number, inFeatures: number): number;
  /** GGUF blocks, row after row at `source`, into the layout of `linear`. */
  packWeight(type: number, source: Address, outFeatures: number, inFeatures: number, packed: Address): void;

  linearScratchBytes(rows: number, inFeatures: number, rank: number): number;
  /** y [rows, outFeatures] = x W^T + ((x a^T) * gate) b^T + residual; rank 0 and residual 0 leave these parts out. */
  linear(
    x: Address,
    rows: number,
    inFeatures: number,
    type: number,
    packed: Address,
    outFeatures: number,
    scratch: Address,
    a: Address, // [rank, inFeatures]
    b: Address, // [outFeatures, rank]
    gate: Address, // [rows, rank]
    rank: number,
    residual: Address, // [rows, outFeatures]
    y: Address,
  ): void;

  rmsNorm(x: Address, weight: Address, y: Address, rows: number, width: number, epsilon: number): void;
  rotary(
    qkv: Address,
    cos: Address,
    sin: Address,
    y: Address,
    rows: number,
    heads: number,
    kvHeads: number,
    headDim: number,
  ): void;
  /** y [rows, ffn] from gateUp [rows, 2 ffn]. */
  swiglu(gateUp: Address, y: Address, rows: number, ffn: number): void;
  /** y [rows, 2]: the largest value of each row of x [rows, width], and the sum of exp(value - largest). */
  softmaxTotals(x: Address, y: Address, rows: number, width: number): void;
  /** Rows `indices` int32 [count] of x [any, width]. */
  gatherRows(x: Address, indices: Address, y: Address, count: number, width: number): void;

  attentionScratchBytes(rows: number, heads: number, kvHeads: number, headDim: number): number;
  treeAttention(
    qkv: Address,
    ends: Address, // int32 [rows]
    y: Address,
    scratch: Address,
    rows: number,
    heads: number,
    kvHeads: number,
    headDim: number,
  ): void;
}

/** Throws an invariant error where an export is missing: the binary is not the one that this code was built with. */
export function readKernels({ exports }: WebAssembly.Instance): {
  readonly kernels: WasmKernels;
  /** First byte that the kernels leave to the allocator. */
  readonly heapBase: number;
} {
  const call = (name: keyof WasmKernels) => {
    const value = exports[name];
    invariant(typeof value === "function", `kernels.wasm exports ${name}`);
    return value as (...args: number[]) => number;
  };
  const { heapBase } = exports;
  invariant(heapBase instanceof WebAssembly.Global, "kernels.wasm exports heapBase");
  // Sizes come back as signed 32-bit numbers.
  const size =
    (name: keyof WasmKernels) =>
    (...args: number[]) =>
      call(name)(...args) >>> 0;
  return {
    heapBase: Number(heapBase.value) >>> 0,
    kernels: {
      serve: call("serve"),
      stop: call("stop"),
      setThreads: call("setThreads"),
      weightBytes: size("weightBytes"),
      packWeight: call("packWeight"),
      linearScratchBytes: size("linearScratchBytes"),
      linear: call("linear"),
      rmsNorm: call("rmsNorm"),
      rotary: call("rotary"),
      swiglu: call("swiglu"),
      softmaxTotals: call("softmaxTotals"),
      gatherRows: call("gatherRows"),
      attentionScratchBytes: size("attentionScratchBytes"),
      treeAttention: call("treeAttention"),
    },
  };
}

/** Compiled once per realm and shared by every runtime and thread in it. */
let compiled: Promise<WebAssembly.Module> | undefined;

/**
 * The compiled kernels, from the address that a page gives; in Node from the copy that the bundler has put into the code, so that
 * the command line tool is one file.
 */
export function compileKernels(url?: string): Promise<WebAssembly.Module> {
  compiled ??= readBytes(url)
    .then((bytes) => WebAssembly.compile(bytes))
    .catch((error: unknown) => {
      compiled = undefined;
      throw error;
    });
  return compiled;
}

async function readBytes(url: string | undefined): Promise<ArrayBuffer> {
  if (url !== undefined) {
    const response = await fetch(url);
    if (!response.ok) throw new FailureError({ kind: "file-missing", file: url, status: response.status });
    return response.arrayBuffer();
  }
  // A constant of the bundler: what follows, and with it the second copy, is no part of a page.
  if (!import.meta.env.SSR) throw new InvariantError("a page says where the WASM kernels are");
  const { default: dataUrl } = await import("./kernels.wasm?url&inline");
  const encoded = present(dataUrl.split(",")[1], "the base64 part of a data URL");
  return Uint8Array.from(atob(encoded), (character) => character.charCodeAt(0)).buffer;
}
