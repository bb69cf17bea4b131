import { engine, removeBackend } from "@tensorflow/tfjs-core";
import { invariant } from "../core/invariant.ts";
import type { StartedDevice } from "./device.ts";

const users = new WeakMap<object, number>();

/**
 * Counts a user of the current tfjs backend, which `device` is. The last one to give it back, by calling what is returned, ends it: a GPU's device is
 * destroyed, the processor's helper threads end and its memory is let go. Giving back twice is harmless.
 */
export function leaseBackend({ end }: Pick<StartedDevice, "end">): () => void {
  const { backend, backendName } = engine();
  invariant(backend !== null, "a backend has been started");
  users.set(backend, (users.get(backend) ?? 0) + 1);
  let isGivenBack = false;
  return () => {
    if (isGivenBack) return;
    isGivenBack = true;
    const left = (users.get(backend) ?? 1) - 1;
    users.set(backend, left);
    if (left > 0) return;
    // A device that was started after this one has replaced it already.
    if (engine().findBackend(backendName) === backend) removeBackend(backendName);
    end();
  };
}
