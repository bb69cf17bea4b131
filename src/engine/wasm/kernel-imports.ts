/**
 * What kernels.wasm imports: the shared memory, and a sleep until somebody notifies a word of it, at once where the word no longer
 * holds `expected`. The kernels do not use WebAssembly's own wait: V8's baseline compiler (as in Node 20) loses local variables that
 * live across it.
 */
export function kernelImports(memory: WebAssembly.Memory): WebAssembly.Imports {
  const words = new Int32Array(memory.buffer);
  return {
    env: {
      memory,
      sleep: (address: number, expected: number) => void Atomics.wait(words, address >> 2, expected),
    },
  };
}
