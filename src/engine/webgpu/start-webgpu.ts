/** @file Starts the WebGPU backend on a device of our own, in a page, a worker or Node, and says what it runs on. */
import { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import {
  env,
  getKernel,
  registerBackend,
  registerKernel,
  removeBackend,
  setBackend,
} from "@tensorflow/tfjs-core";
import { FailureError } from "../../core/failure.ts";
import { linearWebgpu } from "../ops/linear/linear.webgpu.ts";
import { rmsNormWebgpu } from "../ops/rms-norm/rms-norm.webgpu.ts";
import { rotaryWebgpu } from "../ops/rotary/rotary.webgpu.ts";
import { swigluWebgpu } from "../ops/swiglu/swiglu.webgpu.ts";
import { treeAttentionWebgpu } from "../ops/tree-attention/tree-attention.webgpu.ts";

const KERNELS = [linearWebgpu, rmsNormWebgpu, rotaryWebgpu, swigluWebgpu, treeAttentionWebgpu];

/** Limits of which the device gets all that the adapter has; the others stay at WebGPU's defaults. */
const RAISED_LIMITS = [
  "maxBufferSize",
  "maxStorageBufferBindingSize",
  "maxComputeWorkgroupStorageSize",
  "maxComputeInvocationsPerWorkgroup",
  "maxComputeWorkgroupSizeX",
  "maxComputeWorkgroupsPerDimension",
] as const;

export interface StartedWebgpu {
  /** What the adapter says of itself, e.g. "google swiftshader" or "nvidia lovelace"; "SwiftShader" is always named. */
  readonly adapterName: string;
  readonly device: GPUDevice;
  readonly limits: GPUSupportedLimits;
  /** Resolves with the reason once the device is gone, whoever ended it. Never rejects. */
  readonly lost: Promise<{ readonly kind: "device-lost"; readonly reason: string }>;
}

/**
 * Makes webgpu the current tfjs backend, on a new device, and registers the kernels. Starting again replaces the backend: tensors of
 * the old one are gone with it. `gpu` stands in for `navigator.gpu` where there is none (Node: `node-gpu.ts`).
 * Fails with `no-webgpu` and the reason.
 */
export async function startWebgpu({
  gpu = navigatorGpu(),
}: {
  readonly gpu?: GPU | null;
} = {}): Promise<StartedWebgpu> {
  if (gpu === null) throw noWebgpu("this browser or runtime offers no WebGPU");
  const adapter = await gpu.requestAdapter({ powerPreference: "high-performance" });
  if (adapter === null) throw noWebgpu("no GPU adapter was found");
  const device = await requestDevice(adapter);

  // A tensor under 1,000 values would otherwise take tfjs's CPU path and our copies of its inputs with it.
  env().set("WEBGPU_CPU_FORWARD", false);
  exposeToTfjs(gpu);
  for (const kernel of KERNELS)
    if (getKernel(kernel.kernelName, "webgpu") === undefined) registerKernel(kernel);
  removeBackend("webgpu");
  registerBackend("webgpu", () => new WebGPUBackend(device, adapter.info));
  if (!(await setBackend("webgpu"))) throw noWebgpu("the backend could not be set up");
  return {
    adapterName: describeAdapter(adapter.info),
    device,
    limits: device.limits,
    lost: device.lost.then(({ reason, message }) => ({
      kind: "device-lost",
      reason: message === "" ? reason : message,
    })),
  };
}

async function requestDevice(adapter: GPUAdapter): Promise<GPUDevice> {
  const requiredLimits = Object.fromEntries(RAISED_LIMITS.map((name) => [name, adapter.limits[name]]));
  const requiredFeatures: GPUFeatureName[] = adapter.features.has("timestamp-query")
    ? ["timestamp-query"]
    : [];
  try {
    return await adapter.requestDevice({ requiredLimits, requiredFeatures });
  } catch (error) {
    throw noWebgpu(error instanceof Error ? error.message : String(error));
  }
}

/** Vendor, architecture and whatever else the browser is willing to tell, without repeating itself. */
function describeAdapter({ vendor, architecture, device, description }: GPUAdapterInfo): string {
  const words = [vendor, architecture, description || device].filter((word) => word !== "");
  const named = words.filter(
    (word, i) => words.findIndex((other) => other.toLowerCase() === word.toLowerCase()) === i,
  );
  return named.length > 0 ? named.join(" ") : "a GPU that does not give its name";
}

function navigatorGpu(): GPU | null {
  // Typed as always present, which holds in no insecure context and no Node.
  const { gpu } = globalThis.navigator as { readonly gpu?: GPU };
  return gpu ?? null;
}

/** tfjs asks `navigator.gpu` whether WebGPU exists before it takes a backend, even one with its device in hand. */
function exposeToTfjs(gpu: GPU): void {
  if (navigatorGpu() === null)
    Object.defineProperty(globalThis.navigator, "gpu", { value: gpu, configurable: true });
}

function noWebgpu(reason: string): FailureError {
  return new FailureError({ kind: "no-webgpu", reason });
}
