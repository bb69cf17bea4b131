import type { BackendName } from "../engine/engine.ts";
import type { LoadRequest } from "../engine/load-engine.ts";
import { nodeGpu } from "../engine/webgpu/node-gpu.ts";

/** What a backend needs in Node beyond what it finds by itself. */
export async function gpuFor(backend: BackendName): Promise<Pick<LoadRequest, "gpu">> {
  return backend === "webgpu" ? { gpu: await nodeGpu() } : {};
}
