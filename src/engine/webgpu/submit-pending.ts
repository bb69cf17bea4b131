import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";

/** Submits the commands that tfjs holds back; an empty submit where there are none. */
export function submitPending(backend: WebGPUBackend): void {
  // Without it tfjs would submit an encoder that it has not made yet.
  backend.ensureCommandEncoderReady();
  backend.endComputePassEncoder();
  backend.submitQueue();
}
