/** @file WebGPU in Node, by Dawn. Loaded by the command line tool alone, so that no bundle for browsers contains it. */
import { FailureError } from "../../core/failure.ts";

/**
 * The GPU that npm's `webgpu` finds: through Vulkan on Linux, Metal on macOS, Direct3D 12 on Windows. Also puts WebGPU's constants
 * (GPUBufferUsage and the like) among the globals, where tfjs looks for them. Keep the result for the life of the process: its
 * devices end with it. Fails with `no-webgpu` where the package or its binary is missing.
 */
export async function nodeGpu(): Promise<GPU> {
  try {
    const { create, globals } = await import("webgpu");
    Object.assign(globalThis, globals);
    return create([]);
  } catch (error) {
    throw new FailureError({
      kind: "no-webgpu",
      reason: `the package "webgpu" does not run here: ${error instanceof Error ? error.message : String(error)}`,
    });
  }
}
