import { expect, test } from "vitest";
import { normalCdf } from "./normal-cdf.ts";

// As tables of the normal distribution have them.
test.for([
  [0, 0.5],
  [1, 0.8413447460685429],
  [-1.6448536269514722, 0.05],
  [-4, 3.167124183311986e-5],
  [8, 1],
  [-8, 0],
] as const)("P(Z ≤ %f) is %f", ([z, expected]) => {
  expect(Math.abs(normalCdf(z) - expected)).toBeLessThan(1e-12);
});
