import { describe, expect, test } from "vitest";
import {
  backendOption,
  deviceOption,
  listOptions,
  parse,
  threadsOption,
  UsageError,
  wholeOption,
} from "./usage.ts";

function lists(...args: string[]) {
  const { tokens } = parse({
    args,
    allowPositionals: true,
    tokens: true,
    options: {
      history: { type: "string", multiple: true },
      candidate: { type: "string", multiple: true },
      top: { type: "string" },
      json: { type: "boolean" },
    },
  });
  return listOptions(["history", "candidate"], tokens);
}

describe("a list of titles", () => {
  test("is what stands behind its option, however often it is repeated, in order", () => {
    expect(lists("--history", "A", "B", "--top", "3", "--history=C", "D")).toEqual({
      history: ["A", "B", "C", "D"],
      candidate: [],
    });
    expect(lists("--candidate", "X", "--history", "A", "B", "--candidate", "Y")).toEqual({
      history: ["A", "B"],
      candidate: ["X", "Y"],
    });
  });

  test.for([["A"], ["--top", "3", "A"], ["--json", "A"]])(
    "has no word that belongs to no option: %j",
    (args) => {
      expect(() => lists(...args)).toThrow(new UsageError('"A" belongs to no option'));
    },
  );
});

test("an unknown option and a missing value are usage errors in one sentence", () => {
  expect(() => lists("--histroy", "A")).toThrow(UsageError);
  expect(() => lists("--history")).toThrow(UsageError);
  expect(() => lists("--histroy", "A")).toThrow(/^Unknown option '--histroy'$/);
});

test.for(["0", "1001", "3.5", "-1", "", "1e2", "ten"])("%j is not a number of films", (value) => {
  expect(() => wholeOption("top", value, 1, 1000)).toThrow(/--top is a whole number from 1 to 1000/);
});

test("a backend is one of two", () => {
  expect(wholeOption("top", "10", 1, 1000)).toBe(10);
  expect(backendOption("webgpu")).toBe("webgpu");
  expect(() => backendOption("cuda")).toThrow(/wasm or webgpu/);
});

test("threads are 1 to 16, or left to the engine", () => {
  expect(threadsOption(undefined)).toBeUndefined();
  expect(threadsOption("16")).toBe(16);
  for (const wrong of ["0", "17", "two", "1.5"]) expect(() => threadsOption(wrong)).toThrow(UsageError);
});

test("tiles belong to WebGPU", () => {
  expect(deviceOption({ backend: "webgpu", tiles: "tiles.json" })).toEqual({
    backend: "webgpu",
    threads: undefined,
    tiles: "tiles.json",
  });
  expect(() => deviceOption({ backend: "wasm", tiles: "tiles.json" })).toThrow(/--backend webgpu/);
});
