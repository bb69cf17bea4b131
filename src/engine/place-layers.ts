import { type TensorContainer, tensor_util } from "@tensorflow/tfjs-core";
import type { DeviceQueue } from "./webgpu/queue.ts";
import { yieldToEvents } from "./yield-to-events.ts";

/** Sends all tensors of some layers to the device. Rejects with `cancelled` between layers. */
export async function placeLayers(
  layers: readonly object[],
  queue: DeviceQueue,
  signal: AbortSignal | undefined,
): Promise<void> {
  for (const layer of layers) {
    // A copy is a plain object to tfjs, which walks no other.
    for (const tensor of tensor_util.getTensorsInContainer({ ...layer } as unknown as TensorContainer))
      queue.place(tensor);
    await yieldToEvents(signal);
  }
}
