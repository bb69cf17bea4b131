/**
 * @file The fixed words at the bottom of the shared memory. What several threads write stands on cache lines of its own.
 * Everything from {@link heapBase} on belongs to the page's allocator.
 */

/** i32: number of the job last posted; helpers sleep on it. */
// @ts-ignore: decorator
@inline export const EPOCH: usize = 64;
/** i64: epoch of the job in its upper half, then 16 bits each of the tiles it has and of the next one to take. */
// @ts-ignore: decorator
@inline export const CLAIM: usize = 128;
/** i32: tiles of the job that are done; the posting thread sleeps on it. */
// @ts-ignore: decorator
@inline export const COMPLETED: usize = 192;
/** i32: which kernel the job runs. */
// @ts-ignore: decorator
@inline export const KERNEL: usize = 256;
/** i32: threads that share the work, this one included. */
// @ts-ignore: decorator
@inline export const THREADS: usize = 260;
/** i32: 1 once the helpers are to return. */
// @ts-ignore: decorator
@inline export const STOPPED: usize = 264;
/** 48 words: the arguments of the job. */
// @ts-ignore: decorator
@inline export const ARGUMENTS: usize = 320;

/** First byte that the allocator may give away. */
export const heapBase: usize = 1024;
