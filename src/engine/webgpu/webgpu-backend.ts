import { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import { backend } from "@tensorflow/tfjs-core";
import { invariant } from "../../core/invariant.ts";

/** The current backend, which must be webgpu. */
export function webgpuBackend(): WebGPUBackend {
  const current = backend();
  invariant(current instanceof WebGPUBackend, "webgpu is the current backend");
  return current;
}
