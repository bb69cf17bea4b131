/** @file One shared memory, the kernels on it, and the threads that work in it. */
import { FailureError } from "../../core/failure.ts";
import { present } from "../../core/invariant.ts";
import { HeapAllocator } from "./heap-allocator.ts";
import { availableCores, canShareWork, type Helper, startHelpers } from "./helper-threads.ts";
import { kernelImports } from "./kernel-imports.ts";
import { type Address, readKernels, type WasmKernels } from "./kernels.ts";

export const MOST_THREADS = 16;

const PAGE_BYTES = 2 ** 16;
const FIRST_PAGES = 32;
/** Address space to reserve, the most first: a device with little of it refuses the larger ones. 4 GiB is all that 32 bits reach. */
const MOST_PAGES = [65_536, 32_768, 16_384, 8_192];
/** The memory grows by so much at a time, or more where one block needs it. */
const GROWTH_PAGES = 64;

export class WasmRuntime {
  readonly kernels: WasmKernels;
  readonly #module: WebAssembly.Module;
  readonly #memory: WebAssembly.Memory;
  readonly #heap: HeapAllocator;
  /** Helper i is thread i + 1. */
  readonly #helpers: Helper[] = [];
  #threads = 1;
  #starting: Promise<void> = Promise.resolve();
  #isDisposed = false;

  /** A runtime of one thread; see `setThreads`. Fails with `out-of-memory` where no address space can be reserved. */
  constructor(module: WebAssembly.Module) {
    this.#module = module;
    this.#memory = reserveMemory();
    const { kernels, heapBase } = readKernels(new WebAssembly.Instance(module, kernelImports(this.#memory)));
    this.kernels = kernels;
    this.kernels.setThreads(1);
    this.#heap = new HeapAllocator(heapBase, (end) => this.#reach(end));
  }

  /** Threads that share the work now, the calling one included. */
  get threads(): number {
    return this.#threads;
  }

  get heap(): Pick<HeapAllocator, "takenBytes" | "heapBytes" | "blocks" | "gaps"> {
    return this.#heap;
  }

  /**
   * Sets the number of threads, as many as the machine has cores where `wanted` is undefined, at most {@link MOST_THREADS}. Where the
   * memory cannot be shared it stays at one, and a thread that fails to start is done without: read `threads` afterwards. May be
   * called at any time between kernels, whose answers do not depend on the number; the last call counts. Threads once started stay,
   * idle where fewer are wanted: one that is ended in the middle of its work would be waited for in vain.
   */
  async setThreads(wanted: number = availableCores()): Promise<void> {
    const threads = canShareWork() ? Math.max(1, Math.min(MOST_THREADS, Math.floor(wanted))) : 1;
    // One after the other, so that two calls do not start the same threads.
    this.#starting = this.#starting.then(() => this.#startMissing(threads));
    await this.#starting;
  }

  /** A block of at least `bytes`. Fails with `out-of-memory`, and nothing has changed then. */
  take(bytes: number, part: "weights" | "pass"): Address {
    const address = this.#heap.take(bytes);
    if (address !== null) return address;
    throw outOfMemory(
      part,
      bytes,
      `its memory is full or cannot grow, ${this.#heap.takenBytes} bytes are in use`,
    );
  }

  free(address: Address): void {
    this.#heap.free(address);
  }

  /** Runs `use` on a block that is free for its time. Fails as {@link take} does. */
  withScratch<T>(bytes: number, part: "weights" | "pass", use: (scratch: Address) => T): T {
    const scratch = this.take(bytes, part);
    try {
      return use(scratch);
    } finally {
      this.free(scratch);
    }
  }

  // Views stay valid while the memory grows: a shared one never moves.
  floats(address: Address, length: number): Float32Array {
    return new Float32Array(this.#memory.buffer, address, length);
  }

  ints(address: Address, length: number): Int32Array {
    return new Int32Array(this.#memory.buffer, address, length);
  }

  bytes(address: Address, length: number): Uint8Array {
    return new Uint8Array(this.#memory.buffer, address, length);
  }

  /** Ends the threads; the memory goes with the last reference to this object, which must not be used any more. */
  dispose(): void {
    this.#isDisposed = true;
    this.kernels.stop();
    for (const helper of this.#helpers.splice(0)) helper.end();
  }

  async #startMissing(threads: number): Promise<void> {
    const missing = threads - 1 - this.#helpers.length;
    const started =
      missing > 0 ? await startHelpers(missing, { module: this.#module, memory: this.#memory }) : [];
    if (this.#isDisposed) {
      for (const helper of started) helper.end();
      return;
    }
    for (const helper of started) {
      this.#helpers.push(helper);
      helper.serve(this.#helpers.length);
    }
    this.#threads = Math.min(threads, 1 + this.#helpers.length);
    this.kernels.setThreads(this.#threads);
  }

  #reach(end: number): boolean {
    const missing = Math.ceil((end - this.#memory.buffer.byteLength) / PAGE_BYTES);
    if (missing <= 0) return true;
    return this.#grow(Math.max(missing, GROWTH_PAGES)) || this.#grow(missing);
  }

  #grow(pages: number): boolean {
    try {
      this.#memory.grow(pages);
      return true;
    } catch {
      return false;
    }
  }
}

function reserveMemory(): WebAssembly.Memory {
  let refusal: unknown;
  for (const maximum of MOST_PAGES) {
    try {
      return new WebAssembly.Memory({ initial: FIRST_PAGES, maximum, shared: true });
    } catch (error) {
      refusal = error;
    }
  }
  throw outOfMemory(
    "weights",
    present(MOST_PAGES.at(-1), "a size") * PAGE_BYTES,
    refusal instanceof Error ? refusal.message : String(refusal),
  );
}

function outOfMemory(part: "weights" | "pass", bytes: number, reason: string): FailureError {
  return new FailureError({ kind: "out-of-memory", backend: "wasm", part, bytes, reason });
}
