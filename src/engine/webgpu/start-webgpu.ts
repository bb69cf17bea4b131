/** @file Starts the WebGPU backend on a device of our own, in a page, a worker or Node, and says what it runs on. */
import { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import {
  env,
  findBackendFactory,
  getKernel,
  registerBackend,
  registerKernel,
  removeBackend,
  setBackend,
} from "@tensorflow/tfjs-core";
import { type Failure, FailureError } from "../../core/failure.ts";
import { linearWebgpu } from "../ops/linear/linear.webgpu.ts";
import { rmsNormWebgpu } from "../ops/rms-norm/rms-norm.webgpu.ts";
import { rotaryWebgpu } from "../ops/rotary/rotary.webgpu.ts";
import { softmaxTotalsWebgpu } from "../ops/softmax-totals/softmax-totals.webgpu.ts";
import { swigluWebgpu } from "../ops/swiglu/swiglu.webgpu.ts";
import { treeAttentionWebgpu } from "../ops/tree-attention/tree-attention.webgpu.ts";
import { boundFreeBuffers } from "./bounded-buffers.ts";
import { uploadDirectly } from "./direct-upload.ts";
import { DISPATCHES_PER_SUBMIT } from "./webgpu-kernel.ts";

const KERNELS = [
  linearWebgpu,
  rmsNormWebgpu,
  rotaryWebgpu,
  softmaxTotalsWebgpu,
  swigluWebgpu,
  treeAttentionWebgpu,
];

/** Limits of which the device gets all that the adapter has; the others stay at WebGPU's defaults. */
const RAISED_LIMITS = [
  "maxBufferSize",
  "maxStorageBufferBindingSize",
  "maxComputeWorkgroupStorageSize",
  "maxComputeInvocationsPerWorkgroup",
  "maxComputeWorkgroupSizeX",
  "maxComputeWorkgroupsPerDimension",
] as const;

export const MOST_FREE_BYTES = 16 * 2 ** 20;

export type DeviceEnd = Extract<Failure, { readonly kind: "device-lost" | "out-of-memory" }>;

export interface StartedWebgpu {
  /** What the adapter says of itself, e.g. "google swiftshader" or "nvidia lovelace". */
  readonly adapterName: string;
  readonly device: GPUDevice;
  readonly limits: GPUSupportedLimits;
  /** Resolves with the reason once the device is gone, whoever ended it: `out-of-memory` or `device-lost`. Never rejects. */
  readonly lost: Promise<DeviceEnd>;
}

let deviceInUse: GPUDevice | null = null;

/**
 * Makes webgpu the current tfjs backend, on a new device, and registers the kernels. Starting again ends the device before: its
 * tensors are gone. `gpu` stands in for `navigator.gpu` where there is none (Node: `node-gpu.ts`).
 * Fails with `no-webgpu` and the reason.
 *
 * An error that the GPU reports outside any request (out of memory, say) leaves whatever was being computed undefined. It ends the
 * device, so that nobody reads a number from it; `lost` then tells the error.
 */
export async function startWebgpu({
  gpu = navigatorGpu(),
}: {
  readonly gpu?: GPU | null;
} = {}): Promise<StartedWebgpu> {
  if (gpu === null) throw noWebgpu("this browser or runtime offers no WebGPU");
  const { device, info } = await requestDevice(gpu);
  let error: GPUError | null = null;
  device.addEventListener("uncapturederror", (event) => {
    error ??= event.error;
    device.destroy();
  });

  // Tensors of under 1,000 values would go through tfjs's CPU kernels.
  env().set("WEBGPU_CPU_FORWARD", false);
  env().set("WEBGPU_DEFERRED_SUBMIT_BATCH_SIZE", DISPATCHES_PER_SUBMIT);
  exposeToTfjs(gpu);
  if (findBackendFactory("webgpu") !== null) removeBackend("webgpu");
  deviceInUse?.destroy();
  deviceInUse = device;
  for (const kernel of KERNELS)
    if (getKernel(kernel.kernelName, "webgpu") === undefined) registerKernel(kernel);
  registerBackend("webgpu", () => {
    const backend = new WebGPUBackend(device, info);
    boundFreeBuffers(backend, MOST_FREE_BYTES);
    uploadDirectly(backend);
    return backend;
  });
  if (!(await setBackend("webgpu"))) throw noWebgpu("tfjs refused the device");
  return {
    adapterName: describeAdapter(info),
    device,
    limits: device.limits,
    lost: device.lost.then(({ reason, message }) =>
      error === null ? { kind: "device-lost", reason: message === "" ? reason : message } : failureOf(error),
    ),
  };
}

function failureOf(error: GPUError): DeviceEnd {
  if (error instanceof GPUOutOfMemoryError)
    return { kind: "out-of-memory", backend: "webgpu", part: "pass", bytes: null, reason: error.message };
  return { kind: "device-lost", reason: error.message };
}

async function requestDevice(
  gpu: GPU,
): Promise<{ readonly device: GPUDevice; readonly info: GPUAdapterInfo }> {
  try {
    const adapter = await gpu.requestAdapter({ powerPreference: "high-performance" });
    if (adapter === null) throw noWebgpu("no GPU adapter was found");
    const device = await adapter.requestDevice({
      requiredLimits: Object.fromEntries(RAISED_LIMITS.map((name) => [name, adapter.limits[name]])),
      requiredFeatures: adapter.features.has("timestamp-query") ? ["timestamp-query"] : [],
    });
    return { device, info: adapter.info };
  } catch (error) {
    if (error instanceof FailureError) throw error;
    throw noWebgpu(error instanceof Error ? error.message : String(error));
  }
}

/** Vendor, architecture and whatever else the browser is willing to tell, without repeating itself. */
function describeAdapter({ vendor, architecture, device, description }: GPUAdapterInfo): string {
  const words = [vendor, architecture, description === "" ? device : description];
  const known = words.filter((word, i) => word !== "" && words.indexOf(word) === i);
  return known.length > 0 ? known.join(" ") : "a GPU that does not give its name";
}

function navigatorGpu(): GPU | null {
  // The types promise both; an insecure context has no `gpu`, and Node 20 no `navigator`.
  const { navigator } = globalThis as { readonly navigator?: { readonly gpu?: GPU } };
  return navigator?.gpu ?? null;
}

/** tfjs asks `navigator.gpu` whether WebGPU exists, even when it is handed a device. */
function exposeToTfjs(gpu: GPU): void {
  if (navigatorGpu() !== null) return;
  const navigator = "navigator" in globalThis ? globalThis.navigator : {};
  Object.defineProperty(navigator, "gpu", { value: gpu, configurable: true });
  if (!("navigator" in globalThis))
    Object.defineProperty(globalThis, "navigator", { value: navigator, configurable: true });
}

function noWebgpu(reason: string): FailureError {
  return new FailureError({ kind: "no-webgpu", reason });
}
