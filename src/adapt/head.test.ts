import { expect, test } from "vitest";
import { seededRandom } from "../core/rng.ts";
import { linearHead } from "./head.ts";

test("a linear head's sums are the plain ones, whatever is left over of four places and two features", () => {
  const random = seededRandom(5);
  const vector = (length: number) => Float64Array.from({ length }, () => random() - 0.5);
  for (let width = 1; width <= 5; width++)
    for (let places = 1; places <= 9; places++) {
      const head = linearHead(width);
      const [psi, theta, slopes] = [vector(places * width), vector(width), vector(places)];
      const at = (a: number, k: number) => psi[a * width + k]!;
      const shifts = new Float64Array(places);
      head.shift(theta, psi, shifts);
      const before = vector(width);
      const gradient = before.slice();
      head.pullBack(theta, psi, slopes, gradient);
      for (let a = 0; a < places; a++)
        expect(shifts[a]).toBeCloseTo(
          theta.reduce((sum, each, k) => sum + each * at(a, k), 0),
          12,
        );
      for (let k = 0; k < width; k++)
        expect(gradient[k]).toBeCloseTo(
          slopes.reduce((sum, slope, a) => sum + slope * at(a, k), before[k]!),
          12,
        );
    }
});
