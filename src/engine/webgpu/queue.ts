import type { Tensor } from "@tensorflow/tfjs-core";
import { submitPending } from "./submit-pending.ts";
import { webgpuBackend } from "./webgpu-backend.ts";

/** A device that does later what it is given now. */
export interface DeviceQueue {
  /** Copies a tensor to the device at once. tfjs would keep it in the page's memory until the first kernel reads it. */
  place(tensor: Tensor): void;
  /** Submits what tfjs holds back, so that an idle device begins. */
  flush(): void;
  /** Submits what tfjs holds back and resolves when the device has done all of it, or is gone. */
  drain(): Promise<void>;
}

/** Of the current backend, which must be webgpu. */
export function queueOfCurrentBackend(): DeviceQueue {
  const current = webgpuBackend();
  const flush = () => submitPending(current);
  return {
    place: ({ dataId }) => current.uploadToGPU(dataId),
    flush,
    drain: async () => {
      flush();
      await current.queue.onSubmittedWorkDone();
    },
  };
}
