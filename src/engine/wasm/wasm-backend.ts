/** @file The tfjs backend whose tensors lie in the runtime's shared memory. */
import {
  type BackendTimingInfo,
  type BackendValues,
  type DataId,
  DataStorage,
  type DataType,
  engine,
  KernelBackend,
  type TensorInfo,
  util,
} from "@tensorflow/tfjs-core";
import { invariant, present } from "../../core/invariant.ts";
import type { Address } from "./kernels.ts";
import type { WasmRuntime } from "./wasm-runtime.ts";

/** All the engine uses. Both take four bytes. */
type ElementType = "float32" | "int32";

interface TensorData {
  readonly address: Address;
  readonly length: number;
  readonly dtype: ElementType;
  refCount: number;
}

export class WasmBackend extends KernelBackend {
  readonly runtime: WasmRuntime;
  readonly #data: DataStorage<TensorData>;

  constructor(runtime: WasmRuntime) {
    super();
    this.runtime = runtime;
    this.#data = new DataStorage(this, engine());
  }

  /** A tensor whose values are whatever lies there; a kernel fills it. Fails with `out-of-memory`. */
  makeOutput(shape: readonly number[], dtype: ElementType, part: "weights" | "pass" = "pass"): TensorInfo {
    const dataId: DataId = {};
    this.#place(dataId, util.sizeFromShape([...shape]), dtype, 1, part);
    return { dataId, shape: [...shape], dtype };
  }

  addressOf({ dataId }: Pick<TensorInfo, "dataId">): Address {
    return this.#data.get(dataId).address;
  }

  /** The values where they lie. */
  view(dataId: DataId): Float32Array | Int32Array {
    const { address, length, dtype } = this.#data.get(dataId);
    return dtype === "float32" ? this.runtime.floats(address, length) : this.runtime.ints(address, length);
  }

  override write(values: BackendValues, shape: number[], dtype: DataType): DataId {
    const dataId: DataId = {};
    this.move(dataId, values, shape, dtype, 1);
    return dataId;
  }

  override move(
    dataId: DataId,
    values: BackendValues,
    shape: number[],
    dtype: DataType,
    refCount: number,
  ): void {
    invariant(dtype === "float32" || dtype === "int32", `the wasm backend holds no ${dtype}`);
    const length = util.sizeFromShape(shape);
    invariant(values.length === length, `${values.length} values for a tensor of ${length}`);
    this.#place(dataId, length, dtype, refCount, "pass");
    this.view(dataId).set(values as ArrayLike<number>);
  }

  override readSync(dataId: DataId): Float32Array | Int32Array {
    // A copy outside of the shared memory: TextDecoder, postMessage and others refuse views of it.
    return this.view(dataId).slice();
  }

  override async read(dataId: DataId): Promise<Float32Array | Int32Array> {
    return this.readSync(dataId);
  }

  override disposeData(dataId: DataId, force = false): boolean {
    if (!this.#data.has(dataId)) return true;
    const data = this.#data.get(dataId);
    data.refCount--;
    if (!force && data.refCount > 0) return false;
    this.#data.delete(dataId);
    this.runtime.free(data.address);
    return true;
  }

  override refCount(dataId: DataId): number {
    return this.#data.has(dataId) ? this.#data.get(dataId).refCount : 0;
  }

  override incRef(dataId: DataId): void {
    this.#data.get(dataId).refCount++;
  }

  override numDataIds(): number {
    return this.#data.numDataIds();
  }

  override memory(): { unreliable: boolean; numBytesInHeap: number } {
    return { unreliable: false, numBytesInHeap: this.runtime.heap.heapBytes };
  }

  override async time(run: () => void): Promise<BackendTimingInfo> {
    const start = performance.now();
    run();
    return { kernelMs: performance.now() - start };
  }

  override floatPrecision(): 32 {
    return 32;
  }

  override dispose(): void {
    this.runtime.dispose();
  }

  #place(
    dataId: DataId,
    length: number,
    dtype: ElementType,
    refCount: number,
    part: "weights" | "pass",
  ): void {
    const address = this.runtime.take(length * 4, part);
    this.#data.set(dataId, { address, length, dtype, refCount });
  }
}

/** The backend in use, which must be this one. */
export function wasmBackend(): WasmBackend {
  const { backend } = engine();
  invariant(backend instanceof WasmBackend, "wasm is the current backend");
  return backend;
}

/** Length of a dimension that a tensor has. */
export function extent(info: TensorInfo, dimension: number): number {
  return present(info.shape[dimension], `dimension ${dimension} of [${info.shape.join(", ")}]`);
}
