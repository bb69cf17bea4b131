/** A stream of numbers in [0, 1): injected wherever chance is needed, so that a seed repeats a run. */
export type Random = () => number;

/** Mulberry32: 32 bits of state, good enough for sampling and tests, not for secrets. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** A number that is nearly normal with mean 0 and variance 1: the sum of twelve uniform ones, less 6. */
export function nearlyNormal(random: Random): number {
  let sum = -6;
  for (let i = 0; i < 12; i++) sum += random();
  return sum;
}
