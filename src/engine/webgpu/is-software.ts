/**
 * Whether the device computes on the CPU. Such an adapter runs one invocation after the other, spills every register anyway and pays
 * dearly for reads and barriers, so that it wants other shaders than a GPU.
 */
export function isSoftware(device: GPUDevice): boolean {
  let known = answers.get(device);
  if (known === undefined) {
    known = device.adapterInfo.isFallbackAdapter;
    answers.set(device, known);
  }
  return known;
}

// Every op asks, and a device takes its time to describe itself.
const answers = new WeakMap<GPUDevice, boolean>();
