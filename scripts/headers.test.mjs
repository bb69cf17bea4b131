import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { pageHeaders } from "./headers.mjs";

test("the static-host configuration sends the same policy as the preview server", () => {
  const lines = readFileSync("public/_headers", "utf8").trim().split("\n");
  expect(lines[0]).toBe("/*");
  expect(Object.fromEntries(lines.slice(1).map((line) => line.trim().split(/: (.*)/, 2)))).toEqual(
    pageHeaders,
  );
});
