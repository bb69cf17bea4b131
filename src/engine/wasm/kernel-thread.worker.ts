/** @file A helper thread in a browser: instantiates the kernels on the shared memory, says so, and serves under the number it is given. */
import { kernelImports } from "./kernel-imports.ts";

export type KernelThreadMessage =
  | { readonly kind: "prepare"; readonly module: WebAssembly.Module; readonly memory: WebAssembly.Memory }
  | { readonly kind: "serve"; readonly thread: number };

let instance: WebAssembly.Instance | undefined;

globalThis.onmessage = ({ data }: MessageEvent<KernelThreadMessage>) => {
  if (data.kind === "prepare") {
    instance = new WebAssembly.Instance(data.module, kernelImports(data.memory));
    globalThis.postMessage("ready");
    return;
  }
  const serve = instance?.exports["serve"];
  if (typeof serve === "function") serve(data.thread);
  globalThis.close();
};
