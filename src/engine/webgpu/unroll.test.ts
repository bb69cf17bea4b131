import { expect, test } from "vitest";
import { unroll } from "./unroll.ts";

test("repeats nested lines and replaces their names", () => {
  const source = [
    "//# each r < ROWS",
    "let x$r = 0;",
    "  //# each o < 2",
    "a$r_$o += x$r;",
    "  //# end",
    "//# end",
    "// $ROWS rows",
  ];
  expect(unroll(source.join("\n"), { ROWS: 2 })).toBe(
    "let x0 = 0;\na0_0 += x0;\na0_1 += x0;\nlet x1 = 0;\na1_0 += x1;\na1_1 += x1;\n// 2 rows",
  );
});

test("keeps conditional lines where their count is not 0", () => {
  const source = "//# if A\na\n//# end\n//# if B\nb\n//# end\nc";
  expect(unroll(source, { A: 1, B: 0 })).toBe("a\nc");
});

test("text without marks stays as it is", () => {
  expect(unroll("fn main() {\n}\n", {})).toBe("fn main() {\n}\n");
});

test.for([
  ["//# each r < ROWS\nx\n//# end", "ROWS on line 1 is no known count"],
  ["//# each r < 2\nx", "never closed"],
  ["x\n//# end", "line 2 closes"],
  ["let a = $r;", "$r has no value here"],
] as const)("refuses %j", ([source, message]) => {
  expect(() => unroll(source, {})).toThrow(message);
});
