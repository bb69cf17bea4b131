import { describe, expect, test } from "vitest";
import { FailureError } from "../core/failure.ts";
import { ReadMeter } from "./byte-cursor.ts";
import { HOSTILE_FILES } from "./fixtures/hostile-files.ts";
import { readLlamaModel } from "./llama-model.ts";

/** Fields are of four bytes or more on average, and what is kept of one is at most eight times what the file spends on it. */
const READS_PER_BYTE = 1 / 4;
const KEPT_PER_BYTE = 9;
const SMALL = 64;

test("there are more than forty of them, each with a name of its own", () => {
  const names = HOSTILE_FILES.map(({ name }) => name);
  expect(names.length).toBeGreaterThanOrEqual(100);
  expect(new Set(names).size).toBe(names.length);
});

describe("refused, with what, where and what to do, for no more work than its bytes are worth:", () => {
  test.for(HOSTILE_FILES)("$name", ({ make, kind, says }) => {
    const bytes = make();
    const meter = new ReadMeter();
    const refusal = () => readLlamaModel(bytes, "some.gguf", meter);
    expect(refusal).toThrow(FailureError);
    expect(meter.reads).toBeLessThanOrEqual(bytes.length * READS_PER_BYTE + SMALL);
    expect(meter.keptBytes).toBeLessThanOrEqual(bytes.length * KEPT_PER_BYTE + SMALL);
    try {
      refusal();
    } catch (thrown) {
      expect(thrown).toMatchObject({
        failure: { kind, file: "some.gguf", reason: expect.stringMatching(says) },
      });
      const { message } = thrown as FailureError;
      expect(message).toMatch(/; \w.* \w/); // what to do
      expect(message.length).toBeLessThan(500);
      expect(message).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    }
  });
});
