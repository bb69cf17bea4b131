/** @file Tiny GGUFs on WebGPU, against the probabilities stored beside them. */
import { describe, expect, test } from "vitest";
import { loadEngine } from "../engine/load-engine.ts";
import reference from "../model/fixtures/gguf/reference.json" with { type: "json" };
import { type LlamaModel, readLlamaModel } from "../model/llama-model.ts";

/** f32 throughout: what is left is the order of sums. */
const TOLERANCE = 1e-4;

async function readFixture(file: string): Promise<LlamaModel> {
  const response = await fetch(new URL(`../model/fixtures/gguf/${file}`, import.meta.url));
  if (!response.ok) throw new Error(`${file} is not served (${response.status})`);
  return readLlamaModel(new Uint8Array(await response.arrayBuffer()), file);
}

// A software adapter takes most of a minute for all: these have every weight type, and rows that end inside a block of 32.
const models = reference.models.filter(({ file }) =>
  ["llama-q4_0.gguf", "llama-f16.gguf", "llama-mixed.gguf"].includes(file),
);

describe.each(models)("$file: $summary", ({ file, cases }) => {
  test("predicts what the reference does", async () => {
    const { gguf, tokenizer } = await readFixture(file);
    const { engine } = await loadEngine({ gguf, tokenizer, pack: null, backend: "webgpu" });
    try {
      for (const { text, ids, next } of cases) {
        expect(tokenizer.encode(text)).toEqual(ids);
        const answer = await engine.nextToken(tokenizer.encode(text), tokenizer.size);
        const probabilities = new Map<number, number>(
          answer.map(({ token, probability }) => [token, probability]),
        );
        for (const [id, p] of next) {
          const got = probabilities.get(id!) ?? Number.NaN;
          expect(Math.abs(got - p!), `${text}: token ${id}: ${got}, not ${p}`).toBeLessThan(TOLERANCE);
        }
      }
    } finally {
      engine.dispose();
    }
  });
});
