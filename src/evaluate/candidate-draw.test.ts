import { expect, test } from "vitest";
import { drawNegatives } from "./candidate-draw.ts";
import fixture from "./fixtures/candidate-draws.json" with { type: "json" };

test.for(fixture.cases)("window $window, draw $draw has PyTorch's candidates", (each) => {
  const { window, draw, excluded, candidates } = each;
  const { items } = fixture;
  const isExcluded = (item: number) => excluded.includes(item);
  expect(drawNegatives({ window, draw, items, negatives: 19, isExcluded })).toEqual(candidates.slice(1));
});

test("a small catalogue gives what it has", () => {
  const drawn = drawNegatives({
    window: 3,
    draw: 0,
    items: 5,
    negatives: 19,
    isExcluded: (item) => item === 2,
  });
  expect([...drawn].sort()).toEqual([0, 1, 3, 4]);
});

test("every film is drawn as often as another", () => {
  const counts = new Array<number>(20).fill(0);
  for (let window = 0; window < 4000; window++)
    for (const item of drawNegatives({ window, draw: 0, items: 20, negatives: 5, isExcluded: () => false }))
      counts[item]!++;
  // 1,000 expected, with a standard deviation of 27.
  for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(120);
});
