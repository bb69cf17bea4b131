import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";

/** A short pass takes some four submits; what lies longer belongs to a length that has passed. */
const SUBMITS_TO_KEEP = 3;

/**
 * Puts a bound on the buffers that tfjs keeps for reuse. It files them by exact size and never frees one, so that requests of ever
 * new lengths would fill the GPU's memory with buffers that nothing asks for again. While more than `mostFreeBytes` lie free, those
 * that nothing has asked for in a while are destroyed. That happens after a submit: commands not yet submitted may still use a buffer
 * that has been given back.
 */
export function boundFreeBuffers(backend: WebGPUBackend, mostFreeBytes: number): void {
  const manager = backend.bufferManager;
  const releasedAt = new WeakMap<GPUBuffer, number>();
  let submits = 0;

  const release = manager.releaseBuffer.bind(manager);
  manager.releaseBuffer = (buffer, reuse = true) => {
    releasedAt.set(buffer, submits);
    release(buffer, reuse);
  };
  const submit = backend.submitQueue.bind(backend);
  backend.submitQueue = () => {
    submit();
    submits++;
    if (manager.numBytesAllocated - manager.numBytesUsed <= mostFreeBytes) return;
    for (const [key, buffers] of manager["freeBuffers"]) {
      const kept: GPUBuffer[] = [];
      for (const buffer of buffers) {
        if (submits - (releasedAt.get(buffer) ?? 0) <= SUBMITS_TO_KEEP) {
          kept.push(buffer);
          continue;
        }
        buffer.destroy();
        manager["numFreeBuffers"]--;
        manager.numBytesAllocated -= buffer.size;
      }
      // Also where none is kept: tfjs takes for granted that a size once asked for has a list.
      manager["freeBuffers"].set(key, kept);
    }
  };
}
