/**
 * @file One job at a time, cut into tiles that threads take as they come free.
 *
 * A thread takes a tile by compare-and-swap on a word that also holds the job's epoch, so a thread that wakes late can take nothing
 * of a later job; and a job ends when its tiles are done, not when its threads are, so a slow or missing thread is waited for
 * only while it holds a tile. Arguments are therefore stable while any kernel reads them.
 */
import { ARGUMENTS, CLAIM, COMPLETED, EPOCH, KERNEL, STOPPED, THREADS } from "./memory-map";
import { runTile } from "./kernels";

/**
 * Until somebody notifies `address`; at once where it no longer holds `expected`. Not WebAssembly's own wait: V8's baseline compiler
 * (seen in Node 20) gives wrong values to local variables that live across it, and a thread then waits for a count that never comes.
 */
// @ts-ignore: decorator
@external("env", "sleep")
declare function sleep(address: usize, expected: i32): void;

/** Looks before a thread goes to sleep: about as long as the page needs between two ops. */
const SPINS: i32 = 4000;

export const MOST_TILES: i32 = 0xffff;

/** Threads that share the work, the caller included; scratch space is laid out for so many. */
export function setThreads(threads: i32): void {
  store<i32>(THREADS, threads);
}

export function threads(): i32 {
  return load<i32>(THREADS);
}

/** The life of helper `thread` (1 and up): takes tiles of every job until `stop`; of none while fewer threads are set. */
export function serve(thread: i32): void {
  // Not the epoch of now: a job posted before this line is still worth joining.
  let seen = -1;
  while (atomic.load<i32>(STOPPED) == 0) {
    let epoch = atomic.load<i32>(EPOCH);
    for (let i = 0; i < SPINS && epoch == seen; i++) epoch = atomic.load<i32>(EPOCH);
    if (epoch == seen) {
      sleep(EPOCH, seen);
      continue;
    }
    seen = epoch;
    if (thread < load<i32>(THREADS)) takeTiles(epoch, thread);
  }
}

/** Ends every helper. */
export function stop(): void {
  atomic.store<i32>(STOPPED, 1);
  atomic.add<i32>(EPOCH, 1);
  atomic.notify(EPOCH, i32.MAX_VALUE);
}

/** Runs `kernel` over tiles 0 to `tiles` - 1 on all threads; returns when all are done. The arguments are stored before. */
export function parallel(kernel: i32, tiles: i32): void {
  if (tiles == 0) return;
  store<i32>(KERNEL, kernel);
  atomic.store<i32>(COMPLETED, 0);
  const epoch = (atomic.load<i32>(EPOCH) + 1) & i32.MAX_VALUE;
  atomic.store<i64>(CLAIM, ((epoch as i64) << 32) | ((tiles as i64) << 16));
  atomic.store<i32>(EPOCH, epoch);
  if (load<i32>(THREADS) > 1 && tiles > 1) atomic.notify(EPOCH, i32.MAX_VALUE);
  takeTiles(epoch, 0);
  for (let i = 0; i < SPINS; i++) if (atomic.load<i32>(COMPLETED) == tiles) return;
  for (let done = atomic.load<i32>(COMPLETED); done != tiles; done = atomic.load<i32>(COMPLETED))
    sleep(COMPLETED, done);
}

function takeTiles(epoch: i32, thread: i32): void {
  while (true) {
    let claim = atomic.load<i64>(CLAIM);
    let tiles: i32, tile: i32;
    while (true) {
      if (((claim >> 32) as i32) != epoch) return;
      tiles = (claim as i32) >>> 16;
      tile = (claim as i32) & 0xffff;
      if (tile == tiles) return;
      const before = atomic.cmpxchg<i64>(CLAIM, claim, claim + 1);
      if (before == claim) break;
      claim = before;
    }
    runTile(load<i32>(KERNEL), tile, thread);
    // One sleeper at most, who wants to see each count: the posting thread.
    atomic.add<i32>(COMPLETED, 1);
    if (thread != 0) atomic.notify(COMPLETED, 1);
  }
}

/** Word `index` of the job's arguments. */
// @ts-ignore: decorator
@inline
export function argument<T>(index: usize): T {
  return load<T>(ARGUMENTS + (index << 2));
}

// @ts-ignore: decorator
@inline
export function setArgument<T>(index: usize, value: T): void {
  store<T>(ARGUMENTS + (index << 2), value);
}
