/** @file `evaluate --merge`: no model is needed. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { fixtureResult } from "../../evaluate/fixtures/small-result.ts";
import { readResultFile, resultFileText } from "../../evaluate/result-file.ts";
import { evaluateCommand } from "../evaluate.ts";
import { UsageError } from "../usage.ts";

const folder = mkdtempSync(join(tmpdir(), "becausal-merge-"));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (name: string) => join(folder, name);

const whole = fixtureResult("windows", 20);
const lines = whole.cases.map(
  ({ id, user, draw, history, target, candidates }) =>
    `${JSON.stringify({ id, user, draw, history, target, candidates })}\n`,
);
const casesFile = at("cases.jsonl");
writeFileSync(casesFile, lines.join(""));
const shards = [
  [0, 8],
  [8, 20],
].map(([from, to], i) => {
  const file = at(`shard-${i}.json`);
  const cases = whole.cases.slice(from, to);
  writeFileSync(file, resultFileText({ ...whole, cases, metrics: [], answers: [], calibration: [] }));
  return file;
});

test("the merged file has the figures of the unsharded run and can be computed again", async () => {
  const out = at("result.json");
  await evaluateCommand.run(["--merge", ...shards.toReversed(), "--cases", casesFile, "--out", out]);
  const merged = readResultFile(readFileSync(out), out);
  const { metrics, answers, calibration, cases } = whole;
  expect(merged).toMatchObject({ metrics, answers, calibration, cases });
  expect(merged.data.files[0]).toMatchObject({ file: "cases.jsonl", rows: 20, badRows: 0 });
  expect(merged.command).toMatch(/^npx becausal evaluate --merge /);
  await expect(evaluateCommand.run(["--recompute", out])).resolves.toContain("HR@1");
});

test("a missing shard is named and nothing is written", async () => {
  const out = at("none.json");
  const failed = evaluateCommand.run(["--merge", shards[0]!, "--cases", casesFile, "--out", out]);
  await expect(failed).rejects.toThrow("case w8, draw 0 of cases.jsonl is in no shard");
  expect(existsSync(out)).toBe(false);
});

test("a file of cases with titles is refused, since nothing here knows them", async () => {
  const titled = at("titled.jsonl");
  writeFileSync(titled, lines[0]!.replace(/"target":\d+/, '"target":"Heat (1995)"'));
  const failed = evaluateCommand.run(["--merge", shards[0]!, "--cases", titled]);
  await expect(failed).rejects.toThrow();
});

test("called wrongly", async () => {
  for (const args of [
    ["--merge", shards[0]!],
    ["--merge", shards[0]!, "--cases", casesFile, "--dataset", folder],
    [shards[0]!, "--cases", casesFile],
  ])
    await expect(evaluateCommand.run(args)).rejects.toThrow(UsageError);
});
