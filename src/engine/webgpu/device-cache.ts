/** @file What a device need make only once: pipelines, uniform buffers and bind groups. A dispatch then costs a few calls. */

interface CompiledProgram {
  readonly id: number;
  readonly pipeline: GPUComputePipeline;
  readonly layouts: {
    /** Outputs, uniforms, then the inputs that come and go. */
    readonly passing: GPUBindGroupLayout;
    /** Weights; null where a program reads none. */
    readonly lasting: GPUBindGroupLayout | null;
  };
}

/** A pass of 30 layers makes some 400 bind groups; those of the last few lengths are worth keeping. */
const MOST_ENTRIES = 8192;

export class DeviceCache {
  /** Largest buffer that a program can bind. Asking a device for its limits takes longer than a dispatch. */
  readonly largestBindingBytes: number;
  readonly #device: GPUDevice;
  readonly #programs = new Map<string, CompiledProgram>();
  readonly #uniforms = new Map<string, GPUBuffer>();
  readonly #bindGroups = new Map<string, GPUBindGroup>();
  readonly #bufferIds = new WeakMap<GPUBuffer, number>();
  #nextBufferId = 0;

  constructor(device: GPUDevice) {
    this.#device = device;
    const { maxStorageBufferBindingSize, maxBufferSize } = device.limits;
    this.largestBindingBytes = Math.min(maxStorageBufferBindingSize, maxBufferSize);
  }

  /** `explain` gives the text, the number of outputs, and of each input in the order of binding whether it is lasting. */
  program(
    key: string,
    explain: () => {
      readonly source: string;
      readonly outputs: number;
      readonly lasting: readonly boolean[];
    },
  ): CompiledProgram {
    const known = this.#programs.get(key);
    if (known !== undefined) return known;
    const { source, outputs, lasting } = explain();
    const lastingCount = lasting.filter(Boolean).length;
    const times = (count: number, type: GPUBufferBindingType): GPUBufferBindingType[] =>
      new Array(count).fill(type);
    const reads = (count: number) => times(count, "read-only-storage");
    const passing = this.#layout([
      ...times(outputs, "storage"),
      "uniform",
      ...reads(lasting.length - lastingCount),
    ]);
    const layouts = { passing, lasting: lastingCount === 0 ? null : this.#layout(reads(lastingCount)) };
    const compiled = {
      id: this.#programs.size,
      layouts,
      pipeline: this.#device.createComputePipeline({
        label: key,
        layout: this.#device.createPipelineLayout({
          bindGroupLayouts: layouts.lasting === null ? [passing] : [passing, layouts.lasting],
        }),
        compute: {
          module: this.#device.createShaderModule({ label: key, code: source }),
          entryPoint: "_start",
        },
      }),
    };
    this.#programs.set(key, compiled);
    return compiled;
  }

  /** A buffer with the words that `key` stands for, never written again. */
  uniforms(key: string, wordsOf: () => Int32Array<ArrayBuffer>): GPUBuffer {
    let buffer = this.#uniforms.get(key);
    if (buffer === undefined) {
      makeRoom(this.#uniforms);
      const words = wordsOf();
      buffer = this.#device.createBuffer({
        size: words.byteLength,
        usage: GPUBufferUsage.UNIFORM,
        mappedAtCreation: true,
      });
      new Int32Array(buffer.getMappedRange()).set(words);
      buffer.unmap();
      this.#uniforms.set(key, buffer);
    }
    return buffer;
  }

  bindGroup(programId: number, layout: GPUBindGroupLayout, buffers: readonly GPUBuffer[]): GPUBindGroup {
    let key = `${programId}`;
    for (const buffer of buffers) key += `,${this.#idOf(buffer)}`;
    let group = this.#bindGroups.get(key);
    if (group === undefined) {
      makeRoom(this.#bindGroups);
      group = this.#device.createBindGroup({
        layout,
        entries: buffers.map((buffer, binding) => ({ binding, resource: { buffer } })),
      });
      this.#bindGroups.set(key, group);
    }
    return group;
  }

  #layout(types: readonly GPUBufferBindingType[]): GPUBindGroupLayout {
    return this.#device.createBindGroupLayout({
      entries: types.map((type, binding) => ({
        binding,
        visibility: GPUShaderStage.COMPUTE,
        buffer: { type },
      })),
    });
  }

  #idOf(buffer: GPUBuffer): number {
    let id = this.#bufferIds.get(buffer);
    if (id === undefined) {
      id = this.#nextBufferId++;
      this.#bufferIds.set(buffer, id);
    }
    return id;
  }
}

/** Forgets the oldest half. What is still in use lives on in the commands that use it. */
function makeRoom(map: Map<string, unknown>): void {
  if (map.size < MOST_ENTRIES) return;
  let surplus = MOST_ENTRIES / 2;
  for (const key of map.keys()) {
    if (surplus-- === 0) return;
    map.delete(key);
  }
}
