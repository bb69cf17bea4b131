import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import { util } from "@tensorflow/tfjs-core";
import { submitPending } from "./submit-pending.ts";

const BYTES_PER_ELEMENT = 4;

/**
 * Lets values go to the device by the queue's own copy. tfjs maps a new staging buffer for each tensor, which costs more than the
 * copy: the device clears it first, and a request of a few hundred rows makes six.
 *
 * A buffer taken from the pool may still be read by commands that wait to be submitted, and the queue would write before them: they
 * go first.
 */
export function uploadDirectly(backend: WebGPUBackend): void {
  const upload = backend.uploadToGPU.bind(backend);
  backend.uploadToGPU = (dataId) => {
    const data = backend.tensorMap.get(dataId);
    const { values } = data;
    if (data.resource != null || !(values instanceof Float32Array || values instanceof Int32Array))
      return upload(dataId);
    if (backend["commandEncoder"] !== null) submitPending(backend);
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
    const size = BYTES_PER_ELEMENT * util.sizeFromShape(data.shape);
    const buffer = backend.bufferManager.acquireBuffer(size, usage);
    backend.queue.writeBuffer(buffer, 0, values, 0, size / BYTES_PER_ELEMENT);
    data.resource = buffer;
    // As tfjs does: the device has them now.
    data.values = null as unknown as typeof values;
  };
}
