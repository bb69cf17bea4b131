import { expect, test } from "vitest";
import { readBenchOptions } from "./bench-options.ts";

test("no options are the defaults", () => {
  const defaults = {
    backend: "auto",
    threads: undefined,
    repetitions: 5,
    promptTokens: 256,
    depth: 12,
    figures: ["prefill", "slate", "heatmap"],
  };
  expect(readBenchOptions(undefined)).toEqual(defaults);
  expect(readBenchOptions({})).toEqual(defaults);
});

test("what is given is taken", () => {
  const given = {
    backend: "wasm",
    threads: 2,
    repetitions: 3,
    prompt_tokens: 8,
    depth: 30,
    figures: ["slate"],
  };
  expect(readBenchOptions(given)).toEqual({
    backend: "wasm",
    threads: 2,
    repetitions: 3,
    promptTokens: 8,
    depth: 30,
    figures: ["slate"],
  });
});

test.for([
  [{ backend: "cpu" }, "option backend"],
  [{ threads: 0 }, "option threads"],
  [{ threads: "2" }, "option threads"],
  [{ repetitions: 1.5 }, "option repetitions"],
  [{ prompt_tokens: 4096 }, "option prompt_tokens"],
  [{ depth: Number.NaN }, "option depth"],
  [{ figures: [] }, "option figures"],
  [{ figures: ["slate", "load"] }, "option figures"],
  [{ promptTokens: 8 }, "there is no option promptTokens; the options are backend, threads, repetitions"],
  ["wasm", "Expected Object"],
] as const)("%j is refused by name", ([given, words]) => {
  expect(() => readBenchOptions(given)).toThrow(words);
});
