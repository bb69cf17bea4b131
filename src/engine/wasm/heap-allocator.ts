/** @file Places in the shared memory: which bytes belong to whom. Pure bookkeeping over addresses; the bytes themselves are never read. */
import { invariant, present } from "../../core/invariant.ts";

/** Every address and every block is a multiple of it: the kernels load 16 bytes at a time. */
export const ALIGNMENT = 16;

interface Gap {
  address: number;
  bytes: number;
}

/**
 * First fit with coalescing. Weights come first and stay, tensors of a pass come and go above them, so the list of gaps is a few
 * entries long. The heap only ever grows, and no further than what has been alive at once plus what lies in gaps.
 */
export class HeapAllocator {
  readonly #start: number;
  readonly #reach: (end: number) => boolean;
  /** End of what has been taken from the memory so far. */
  #end: number;
  /** By address, never adjacent to each other, never empty. */
  readonly #gaps: Gap[] = [];
  readonly #taken = new Map<number, number>();
  #takenBytes = 0;

  /** Addresses from `start` on. `reach` makes all bytes before `end` exist and says whether it could. */
  constructor(start: number, reach: (end: number) => boolean) {
    this.#start = roundUp(start);
    this.#end = this.#start;
    this.#reach = reach;
  }

  /** Bytes of all blocks now taken, rounded up to {@link ALIGNMENT}. */
  get takenBytes(): number {
    return this.#takenBytes;
  }

  /** Blocks now taken. */
  get blocks(): number {
    return this.#taken.size;
  }

  /** Bytes between the start and the end of the last block that was ever taken. */
  get heapBytes(): number {
    return this.#end - this.#start;
  }

  /** Free blocks within `heapBytes`. 1 or 0 when everything has been freed. */
  get gaps(): number {
    return this.#gaps.length;
  }

  /** Address of a block of at least `bytes` (of one unit where 0); null, and nothing changed, where the memory cannot grow so far. */
  take(bytes: number): number | null {
    invariant(Number.isSafeInteger(bytes) && bytes >= 0, `${bytes} bytes to take`);
    const size = Math.max(ALIGNMENT, roundUp(bytes));
    const address = this.#takeGap(size) ?? this.#takeEnd(size);
    if (address === null) return null;
    this.#taken.set(address, size);
    this.#takenBytes += size;
    return address;
  }

  /** Gives back what `take` returned; anything else is a bug. */
  free(address: number): void {
    const bytes = present(this.#taken.get(address), `the block at ${address}`);
    this.#taken.delete(address);
    this.#takenBytes -= bytes;
    this.#addGap(address, bytes);
  }

  #takeGap(size: number): number | null {
    const index = this.#gaps.findIndex(({ bytes }) => bytes >= size);
    const gap = this.#gaps[index];
    if (gap === undefined) return null;
    const { address } = gap;
    gap.address += size;
    gap.bytes -= size;
    if (gap.bytes === 0) this.#gaps.splice(index, 1);
    return address;
  }

  #takeEnd(size: number): number | null {
    const last = this.#gaps.at(-1);
    // A gap at the very end is too small, but it is a beginning.
    const isOpen = last !== undefined && last.address + last.bytes === this.#end;
    const address = isOpen ? last.address : this.#end;
    if (!this.#reach(address + size)) return null;
    if (isOpen) this.#gaps.pop();
    this.#end = address + size;
    return address;
  }

  #addGap(address: number, bytes: number): void {
    const index = this.#firstGapFrom(address);
    const before = this.#gaps[index - 1];
    const after = this.#gaps[index];
    const joinsBefore = before !== undefined && before.address + before.bytes === address;
    const joinsAfter = after !== undefined && address + bytes === after.address;
    if (joinsBefore && joinsAfter) {
      before.bytes += bytes + after.bytes;
      this.#gaps.splice(index, 1);
    } else if (joinsBefore) {
      before.bytes += bytes;
    } else if (joinsAfter) {
      after.address = address;
      after.bytes += bytes;
    } else {
      this.#gaps.splice(index, 0, { address, bytes });
    }
  }

  /** Index of the first gap at or after an address; the number of gaps where there is none. */
  #firstGapFrom(address: number): number {
    let low = 0;
    let high = this.#gaps.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#gaps[middle]?.address ?? 0) < address) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function roundUp(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}
