/** @file Every tiny GGUF of src/model/fixtures/gguf through `next-token`, against the probabilities stored beside it. */
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import reference from "../model/fixtures/gguf/reference.json" with { type: "json" };
import { nextTokenCommand } from "./next-token.ts";

/** With quantised weights activations are rounded to 16 bits, on logits that spread over several nats; others stay f32 throughout. */
const TOLERANCE = { quantised: 1e-3, exact: 1e-4 };

describe.each(reference.models)("$file: $summary", ({ file, exact, cases }) => {
  const tolerance = exact ? TOLERANCE.exact : TOLERANCE.quantised;
  const path = fileURLToPath(new URL(`../model/fixtures/gguf/${file}`, import.meta.url));

  test.for(cases)("$text", async ({ text, ids, next }) => {
    const answer = JSON.parse(
      await nextTokenCommand.run(["--text", text, "--model", path, "--top", "1000", "--json"]),
    );
    expect(answer.ids).toEqual(ids);
    const probabilities = new Map<number, number>(
      answer.next.map(({ id, p }: { id: number; p: number }) => [id, p]),
    );
    expect([...probabilities.values()].reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 9);
    for (const [id, p] of next) {
      const got = probabilities.get(id!) ?? Number.NaN;
      expect(Math.abs(got - p!), `token ${id}: ${got}, not ${p}`).toBeLessThan(tolerance);
    }
    expect(answer.next[0].id).toBe(next[0]![0]);
  });
});
