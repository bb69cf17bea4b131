import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ALIGNMENT, HeapAllocator } from "./heap-allocator.ts";

const START = 1000; // aligned up to 1008

/** A heap whose memory ends at `limit`; it notes how far it was asked to reach. */
function heapUpTo(limit: number) {
  const asked: number[] = [];
  const heap = new HeapAllocator(START, (end) => {
    asked.push(end);
    return end <= limit;
  });
  return { heap, asked };
}

function take(heap: HeapAllocator, bytes: number): number {
  const address = heap.take(bytes);
  if (address === null) throw new Error(`no room for ${bytes} bytes`);
  return address;
}

describe("blocks", () => {
  test("start aligned, one after the other, and a freed one is taken again", () => {
    const { heap } = heapUpTo(10_000);
    const first = take(heap, 1);
    const second = take(heap, 17);
    const third = take(heap, 0);
    expect([first, second, third]).toEqual([1008, 1024, 1056]);
    expect(heap.takenBytes).toBe(16 + 32 + 16);
    heap.free(second);
    expect(take(heap, 32)).toBe(second);
  });

  test("neighbours become one gap, whichever of three is freed last", () => {
    for (const order of [
      [0, 1, 2],
      [0, 2, 1],
      [1, 0, 2],
      [2, 1, 0],
    ]) {
      const { heap } = heapUpTo(10_000);
      const addresses = [take(heap, 100), take(heap, 200), take(heap, 300)];
      const guard = take(heap, 16);
      for (const i of order) heap.free(addresses[i]!);
      expect(heap.gaps).toBe(1);
      expect(take(heap, 600)).toBe(addresses[0]);
      heap.free(guard);
    }
  });

  test("a gap at the end is extended instead of left behind", () => {
    const { heap } = heapUpTo(10_000);
    take(heap, 16);
    const last = take(heap, 160);
    heap.free(last);
    expect(take(heap, 320)).toBe(last);
    expect(heap.heapBytes).toBe(16 + 320);
  });

  test("a block that was not taken, or is freed twice, is a bug", () => {
    const { heap } = heapUpTo(10_000);
    const address = take(heap, 64);
    expect(() => heap.free(address + 16)).toThrow("is missing");
    heap.free(address);
    expect(() => heap.free(address)).toThrow("is missing");
  });

  test("a length that is no length is a bug", () => {
    const { heap } = heapUpTo(10_000);
    for (const bytes of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY])
      expect(() => heap.take(bytes)).toThrow("bytes to take");
  });
});

describe("growth", () => {
  test("is asked for when no gap fits, and no earlier", () => {
    const { heap, asked } = heapUpTo(10_000);
    const first = take(heap, 1000);
    heap.free(first);
    take(heap, 992);
    expect(asked).toEqual([2016]);
    take(heap, 64);
    expect(asked).toEqual([2016, 2064]);
  });

  test("that is refused changes nothing", () => {
    const { heap } = heapUpTo(2000);
    const kept = take(heap, 496);
    const freed = take(heap, 496);
    heap.free(freed);
    const before = [heap.takenBytes, heap.heapBytes, heap.gaps, heap.blocks];
    expect(heap.take(497)).toBeNull();
    expect([heap.takenBytes, heap.heapBytes, heap.gaps, heap.blocks]).toEqual(before);
    expect(take(heap, 496)).toBe(freed);
    heap.free(kept);
  });
});

/** Takes so many bytes, or frees the block at a place among those alive. */
const step = fc.oneof(
  fc.record({ kind: fc.constant("take" as const), bytes: fc.integer({ min: 0, max: 700 }) }),
  fc.record({ kind: fc.constant("free" as const), place: fc.nat() }),
);

test("any sequence: aligned, within the memory, no two overlap, bytes add up, and freeing all leaves one gap", () => {
  const limit = 12_000;
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
      const { heap, asked } = heapUpTo(limit);
      const alive: { address: number; bytes: number }[] = [];
      for (const each of steps) {
        if (each.kind === "free") {
          const [block] = alive.splice(each.place % Math.max(1, alive.length), 1);
          if (block !== undefined) heap.free(block.address);
        } else {
          const address = heap.take(each.bytes);
          const size = Math.max(ALIGNMENT, Math.ceil(each.bytes / ALIGNMENT) * ALIGNMENT);
          if (address === null) {
            expect(asked.at(-1)).toBeGreaterThan(limit);
            continue;
          }
          expect(address % ALIGNMENT).toBe(0);
          expect(address).toBeGreaterThanOrEqual(START);
          expect(address + size).toBeLessThanOrEqual(limit);
          for (const other of alive)
            expect(address + size <= other.address || other.address + other.bytes <= address).toBe(true);
          alive.push({ address, bytes: size });
        }
        expect(heap.blocks).toBe(alive.length);
        expect(heap.takenBytes).toBe(alive.reduce((sum, { bytes }) => sum + bytes, 0));
      }
      for (const { address } of alive) heap.free(address);
      expect(heap.takenBytes).toBe(0);
      expect(heap.gaps).toBe(heap.heapBytes === 0 ? 0 : 1);
      // That one gap is the whole heap: it can be taken at once without growing.
      const grown = asked.length;
      if (heap.heapBytes > 0) expect(heap.take(heap.heapBytes)).toBe(1008);
      expect(asked.length).toBe(grown);
    }),
    { numRuns: 300 },
  );
});

test("a heap is never larger than first fit can need: the most alive at once, where blocks leave in reverse", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1, maxLength: 40 }), (sizes) => {
      const { heap } = heapUpTo(Number.POSITIVE_INFINITY);
      let most = 0;
      for (let round = 0; round < 5; round++) {
        const addresses = sizes.map((bytes) => take(heap, bytes));
        most = Math.max(most, heap.takenBytes);
        for (const address of addresses.toReversed()) heap.free(address);
      }
      expect(heap.heapBytes).toBe(most);
    }),
  );
});
