import { getKernel, registerKernel, unregisterKernel } from "@tensorflow/tfjs-core";
import type { BackendName } from "./engine.ts";

/** Has `act` called with every run of a kernel, counted from 1, before it; undone by the function that it returns. */
export function onKernel(kernelName: string, backend: BackendName, act: (run: number) => void): () => void {
  const kernel = getKernel(kernelName, backend);
  if (kernel === undefined) throw new Error(`no kernel ${kernelName}`);
  let runs = 0;
  unregisterKernel(kernelName, backend);
  registerKernel({
    ...kernel,
    kernelFunc: (parameters) => {
      act(++runs);
      return kernel.kernelFunc(parameters);
    },
  });
  return () => {
    unregisterKernel(kernelName, backend);
    registerKernel(kernel);
  };
}
