import { afterAll, describe, expect, test } from "vitest";
import { FailureError } from "../core/failure.ts";
import { ReadMeter } from "./byte-cursor.ts";
import { HOSTILE_FILES } from "./fixtures/hostile-files.ts";
import { checkLlamaHead, MODEL_HEAD_BYTES, readLlamaModel } from "./llama-model.ts";

/** Fields are of four bytes or more on average, and what is kept of one is at most eight times what the file spends on it. */
const READS_PER_BYTE = 1 / 4;
const KEPT_PER_BYTE = 9;
const SMALL = 64;

test("there are more than forty of them, each with a name of its own", () => {
  const names = HOSTILE_FILES.map(({ name }) => name);
  expect(names.length).toBeGreaterThanOrEqual(100);
  expect(new Set(names).size).toBe(names.length);
});

/** How long the second reading of each took; the first one also compiles the reader. */
const milliseconds = new Map<string, number>();
afterAll(() => {
  const [slowest] = [...milliseconds].sort(([, a], [, b]) => b - a);
  if (slowest !== undefined)
    console.info(
      `${milliseconds.size} hostile files; the slowest, "${slowest[0]}", took ${slowest[1].toFixed(1)} ms`,
    );
});

describe("refused, with what, where and what to do, for no more work than its bytes are worth:", () => {
  test.for(HOSTILE_FILES)("$name", ({ name, make, kind, says }) => {
    const bytes = make();
    const meter = new ReadMeter();
    const refusal = () => readLlamaModel(bytes, "some.gguf", meter);
    expect(refusal).toThrow(FailureError);
    // The head alone says the same, unless the fault is in the weights.
    const head = bytes.subarray(0, MODEL_HEAD_BYTES);
    if (says.source.startsWith('tensor "') && /Infinity|NaN/.test(says.source))
      checkLlamaHead(head, "f", bytes.length);
    else expect(() => checkLlamaHead(head, "some.gguf", bytes.length)).toThrow(FailureError);
    expect(meter.reads).toBeLessThanOrEqual(bytes.length * READS_PER_BYTE + SMALL);
    expect(meter.keptBytes).toBeLessThanOrEqual(bytes.length * KEPT_PER_BYTE + SMALL);
    const start = performance.now();
    try {
      refusal();
    } catch (thrown) {
      milliseconds.set(name, performance.now() - start);
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
