import { expect, test } from "vitest";
import { percent, signed, textTable } from "./text-table.ts";

test("columns align, wide characters counting two", () => {
  const rows = [
    ["a", "1.5"],
    ["映画", "10.25"],
    ["", ""],
  ];
  expect(textTable(rows, ["left", "right"])).toBe("a       1.5\n映画  10.25\n");
});

test.for([
  [0.123, "+0.12"],
  [-0.125, "−0.13"],
  [-0.001, "+0.00"],
  [0, "+0.00"],
] as const)("%d is %s", ([value, text]) => {
  expect(signed(value, 2)).toBe(text);
});

test("a fraction is a percentage", () => {
  expect(percent(0.12345)).toBe("12.3 %");
});
