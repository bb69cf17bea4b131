import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import reference from "../../bench/fixtures/next-token-reference.json" with { type: "json" };
import { nextTokenCommand } from "./next-token.ts";
import { UsageError } from "./usage.ts";

interface Answer {
  readonly ids: readonly number[];
  readonly next: readonly { readonly id: number; readonly token: string; readonly p: number }[];
  readonly layers: number;
  readonly backend: string;
}

async function ask(...args: string[]): Promise<Answer> {
  return JSON.parse(await nextTokenCommand.run([...args, "--json"]));
}

test("the embedded base continues a text: ids as the reference, probabilities that fall and stay below one", async () => {
  const { ids, next, layers, backend } = await ask("--text", "The capital of France is", "--top", "5");
  expect(ids).toEqual(reference.cases[0]!.ids);
  expect([layers, backend]).toEqual([12, "wasm"]);
  expect(next.length).toBe(5);
  const probabilities = next.map(({ p }) => p);
  expect(probabilities).toEqual([...probabilities].sort((a, b) => b - a));
  expect(probabilities.reduce((sum, p) => sum + p, 0)).toBeLessThan(1);
});

const full = fileURLToPath(new URL("../../.models/SmolLM2-135M-Instruct.Q4_1.gguf", import.meta.url));
// The published file is fetched by `npm run model:full`; without it there is nothing to compare.
describe.skipIf(!existsSync(full))("the published 30-layer file, against another runtime", () => {
  test.for(reference.cases)("$text", async ({ text, ids, next }) => {
    const answer = await ask("--text", text, "--model", full, "--top", "1000");
    expect(answer.ids).toEqual(ids);
    expect(answer.layers).toBe(30);
    for (const { id, p } of next)
      expect(Math.abs((answer.next.find((each) => each.id === id)?.p ?? 0) - p), `token ${id}`).toBeLessThan(
        0.03,
      );
    const [first, second] = next;
    if (first!.p - second!.p > 0.05) expect(answer.next[0]!.id).toBe(first!.id);
  });
});

test.for<[string, string[]]>([
  ["no text", []],
  ["an empty text", ["--text", ""]],
  ["another backend", ["--text", "x", "--backend", "cuda"]],
  ["an unknown option", ["--txt", "x"]],
])("%s is a usage error", async ([, args]) => {
  await expect(nextTokenCommand.run(args)).rejects.toThrow(UsageError);
});

test("a model that is not one is named", async () => {
  await expect(nextTokenCommand.run(["--text", "x", "--model", "package.json"])).rejects.toMatchObject({
    failure: { kind: "file-invalid", file: "package.json" },
  });
  await expect(nextTokenCommand.run(["--text", "x", "--model", "nowhere.gguf"])).rejects.toMatchObject({
    failure: { kind: "file-missing" },
  });
});
