import { expect, test } from "vitest";
import { doublesOf, tasteFixture } from "./taste-fixture.ts";
import { type Answer, tastePosterior } from "./taste-posterior.ts";

const flat = (size: number) => ({
  mean: new Float64Array(size),
  covariance: Float64Array.from({ length: size * size }, (_, i) => (i % (size + 1) === 0 ? 1 : 0)),
  freedom: null,
});

test("without an answer the posterior is the prior", () => {
  const { mode, covariance } = tastePosterior(flat(3), []);
  expect([...mode]).toEqual([0, 0, 0]);
  expect([...covariance]).toEqual([1, 0, 0, 0, 1, 0, 0, 0, 1]);
});

test("the mode of one direction solves w σ(−u) = u / variance", () => {
  const { mode, covariance, pulls } = tastePosterior(flat(1), [{ row: Float64Array.of(1), weight: 2 }]);
  const u = mode[0] ?? 0;
  const miss = 1 / (1 + Math.exp(u));
  expect(u).toBeCloseTo(2 * miss, 12);
  expect(covariance[0]).toBeCloseTo(1 / (1 + 2 * miss * (1 - miss)), 9);
  expect(pulls[0]).toBeCloseTo(u, 12);
});

test("contradictory answers leave the mode at the mean and make it surer", () => {
  const answers = [1, -1].map((x) => ({ row: Float64Array.of(x), weight: 1 }));
  const { mode, covariance } = tastePosterior(flat(1), answers);
  expect(mode[0]).toBeCloseTo(0, 12);
  expect(covariance[0]).toBeCloseTo(1 / 1.5, 12);
});

test("scales of their own let one direction be strong while the rest stays silent", () => {
  const answers = Array.from({ length: 12 }, () => ({ row: Float64Array.of(1, 0.5), weight: 1 }));
  const gaussian = tastePosterior(flat(2), answers).mode;
  const scaled = tastePosterior({ ...flat(2), freedom: 1 }, answers).mode;
  expect(scaled[0]! / scaled[1]!).toBeGreaterThan(1.2 * (gaussian[0]! / gaussian[1]!));
});

test("users of the synthetic world are judged as in training, and two answers help", () => {
  const { world } = tasteFixture();
  const size = world.mean.length;
  const prior = {
    mean: Float64Array.from(world.mean),
    covariance: doublesOf(world.covarianceB64),
    freedom: world.freedom,
  };
  const [shown, asked] = [world.shownB64, world.askedB64].map((text) => signedBytes(text));
  const pair = (all: Int8Array, user: number, index: number, each: number) =>
    Float64Array.from(all.subarray((user * each + index) * size, (user * each + index + 1) * size));
  for (const n of [2, 16] as const) {
    const expected = world.after[n];
    for (let user = 0; user < world.users; user++) {
      const answers = Array.from(
        { length: n },
        (_, k): Answer => ({ row: pair(shown!, user, k, 16), weight: 1 }),
      );
      const { mode } = tastePosterior(prior, answers);
      if (user === 0)
        for (const [d, value] of mode.entries()) expect(value).toBeCloseTo(expected.firstMode[d]!, 8);
      let right = 0;
      for (let k = 0; k < 40; k++) {
        const margin = pair(asked!, user, k, 40).reduce((sum, x, d) => sum + x * (mode[d] ?? 0), 0);
        const at = user * 40 + k;
        const tie = (world.ties[at >> 3]! >> (at & 7)) & 1;
        right += Math.abs(margin) < 1e-9 ? tie : margin > 0 ? 1 : 0;
      }
      expect(right).toBe(expected.right[user]);
    }
  }
  const accuracy = (n: 2 | 16) =>
    world.after[n].right.reduce((sum, value) => sum + value, 0) / (40 * world.users);
  expect(accuracy(2)).toBeGreaterThan(0.5);
  expect(accuracy(16)).toBeGreaterThan(accuracy(2));
});

function signedBytes(text: string): Int8Array {
  return Int8Array.from(atob(text), (character) => character.charCodeAt(0));
}
