import { removeBackend } from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { startWasm } from "./start-wasm.ts";
import { wasmFiles } from "./wasm-files.ts";

interface Answer {
  readonly adapterName: string;
  readonly values: Float32Array;
}

test("a worker of an isolated page computes on nested workers, with the same answers", async () => {
  expect(globalThis.crossOriginIsolated).toBe(true);
  const worker = new Worker(new URL("./wasm-test-worker.ts", import.meta.url), { type: "module" });
  const answers = await new Promise<Answer[]>((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = ({ message }) => reject(new Error(message));
  });
  worker.terminate();
  expect(answers.map(({ adapterName }) => adapterName)).toEqual([
    "WebAssembly SIMD, 1 thread",
    "WebAssembly SIMD, 2 threads",
    "WebAssembly SIMD, 3 threads",
  ]);
  expect(answers[0]?.values.some((value) => value !== 0)).toBe(true);
  for (const { values } of answers) expect(values).toEqual(answers[0]?.values);
});

test("a page's own thread, which may not wait for others, works alone and says so", async () => {
  const { adapterName } = await startWasm({ files: wasmFiles, threads: 4 });
  expect(adapterName).toBe("WebAssembly SIMD, 1 thread");
  removeBackend("wasm");
});
