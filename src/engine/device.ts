/** @file Starts one tfjs backend and says what it runs on. Flags are set by the two starters, each beside its reason. */
import type { Failure } from "../core/failure.ts";
import type { BackendName } from "./engine.ts";
import { pinTiles, type TilesFile } from "./ops/linear/tile-table.ts";
import { startWasm, type WasmFiles } from "./wasm/start-wasm.ts";
import { type DeviceQueue, queueOfCurrentBackend } from "./webgpu/queue.ts";
import { startWebgpu } from "./webgpu/start-webgpu.ts";

export interface DeviceOptions {
  /** Addresses of the WASM binaries; a page must give them, Node finds its own. */
  readonly wasmFiles?: WasmFiles | undefined;
  /** Threads of the WASM backend, 1 to 16; absent: one per core. */
  readonly threads?: number | undefined;
  /** Stands in for `navigator.gpu` where there is none (Node). */
  readonly gpu?: GPU | undefined;
  /** Tiles measured on this adapter before (`ops/linear/tune-tiles.ts`), for WebGPU; absent, or of another adapter: by rule. */
  readonly tiles?: TilesFile | undefined;
}

export interface StartedDevice {
  readonly backend: BackendName;
  readonly adapterName: string;
  /** Largest tensor a kernel can bind, in bytes. */
  readonly largestBindingBytes: number;
  /** Null where ops are done when they return. */
  readonly queue: DeviceQueue | null;
  /** Resolves once the device is gone; on wasm never. */
  readonly lost: Promise<Failure>;
  /** Ends what tfjs leaves alive when its backend is removed. */
  end(): void;
}

// A wasm32 heap ends at 4 GiB; no single tensor gets near it in practice.
const WASM_LARGEST_TENSOR_BYTES = 2 ** 31;

/** Makes `backend` the current one. Rejects with `no-webgpu` and the reason where there is none. */
export async function startDevice(
  backend: BackendName,
  { wasmFiles, threads, gpu, tiles }: DeviceOptions,
): Promise<StartedDevice> {
  if (backend === "wasm") {
    const { adapterName } = await startWasm({ files: wasmFiles, threads });
    return {
      backend,
      adapterName,
      largestBindingBytes: WASM_LARGEST_TENSOR_BYTES,
      queue: null,
      lost: new Promise(() => {}),
      end: () => {},
    };
  }
  const { adapterName, device, limits, lost } = await startWebgpu(gpu === undefined ? {} : { gpu });
  if (tiles !== undefined) pinTiles(device, adapterName, tiles);
  return {
    backend,
    adapterName,
    largestBindingBytes: Math.min(limits.maxStorageBufferBindingSize, limits.maxBufferSize),
    queue: queueOfCurrentBackend(),
    end: () => device.destroy(),
    lost,
  };
}
