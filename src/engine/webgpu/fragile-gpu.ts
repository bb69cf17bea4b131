/** @file A real GPU whose devices are destroyed at a chosen call. */

/** Calls that a device answers, by what the engine does with them. */
export type DeviceCall = "createBuffer" | "createBindGroup" | "submit" | "mapAsync";

export interface FragileGpu {
  readonly gpu: GPU;
  /** Hears of every call on the newest device, before it is made. */
  onCall: (call: DeviceCall, device: GPUDevice) => void;
  /** Devices that were given out, oldest first. */
  readonly devices: readonly GPUDevice[];
  /** Those that still live. */
  readonly alive: () => number;
}

export function makeFragileGpu(real: GPU): FragileGpu {
  const devices: GPUDevice[] = [];
  const dead = new Set<GPUDevice>();
  const watch = (device: GPUDevice) => {
    devices.push(device);
    void device.lost.then(() => dead.add(device));
    const tell = (call: DeviceCall) => fragile.onCall(call, device);
    const { queue } = device;
    const createBuffer = device.createBuffer.bind(device);
    const createBindGroup = device.createBindGroup.bind(device);
    const submit = queue.submit.bind(queue);
    device.createBuffer = (description) => {
      tell("createBuffer");
      const buffer = createBuffer(description);
      const mapAsync = buffer.mapAsync.bind(buffer);
      buffer.mapAsync = (...args) => {
        const mapped = mapAsync(...args);
        tell("mapAsync");
        return mapped;
      };
      return buffer;
    };
    device.createBindGroup = (description) => {
      tell("createBindGroup");
      return createBindGroup(description);
    };
    queue.submit = (commands) => {
      tell("submit");
      return submit(commands);
    };
  };
  const requestAdapter: GPU["requestAdapter"] = async (options) => {
    const adapter = await real.requestAdapter(options);
    if (adapter === null) return null;
    const requestDevice = adapter.requestDevice.bind(adapter);
    adapter.requestDevice = async (description) => {
      const device = await requestDevice(description);
      watch(device);
      return device;
    };
    return adapter;
  };
  const fragile: FragileGpu = {
    gpu: Object.assign(Object.create(real) as GPU, { requestAdapter }),
    onCall: () => {},
    devices,
    alive: () => devices.length - dead.size,
  };
  return fragile;
}
