import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";

/**
 * Puts a bound on the buffers that tfjs keeps for reuse. It files them by exact size and never frees one, so that requests of ever
 * new lengths would fill the GPU's memory with buffers that nothing asks for again. Beyond `mostFreeBytes` a released buffer is
 * destroyed, which WebGPU defers until submitted work is done with it.
 */
export function boundFreeBuffers({ bufferManager }: WebGPUBackend, mostFreeBytes: number): void {
  const release = bufferManager.releaseBuffer.bind(bufferManager);
  bufferManager.releaseBuffer = (buffer, reuse = true) => {
    const freeBytes = bufferManager.numBytesAllocated - bufferManager.numBytesUsed;
    release(buffer, reuse && freeBytes + buffer.size <= mostFreeBytes);
  };
}
