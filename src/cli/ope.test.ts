import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { drawSlot } from "../adapt/exploration-slot.ts";
import { seededRandom } from "../core/rng.ts";
import { opeCommand } from "./ope.ts";

const PLACES = 4;
/** Chance of a like by place; the greedy place is 0. */
const LIKES = [0.3, 0.6, 0.1, 0.2];

/** Rows of a slot with epsilon 0.5, and every tenth one chosen by the reader, who always likes it. */
function makeLog(rows: number): Record<string, unknown>[] {
  const random = seededRandom(8);
  return Array.from({ length: rows }, (_, counter) => {
    const { place, propensities, isRandomised } = drawSlot({
      scores: [3, 2, 1, 0],
      temperature: 0,
      epsilon: 0.5,
      seed: 21,
      counter,
    });
    const bare = {
      t: counter * 1000,
      policyVersion: 0,
      historyIds: [1],
      slateIds: [10, 11, 12, 13],
      position: 0,
      visibleMs: 15_000,
      tOutcome: counter * 1000 + 500,
    };
    if (counter % 10 === 0) return { ...bare, source: "userSearch", a: 2, y: 1 };
    const y = random() < (LIKES[place] ?? 0) ? 1 : 0;
    const draw = { p: [...propensities], a: place, eps: 0.5, randomised: isRandomised, seed: 21, counter };
    return { ...bare, ...draw, source: "slot", y };
  });
}

const toText = (rows: readonly unknown[]) => rows.map((row) => JSON.stringify(row)).join("\n");

let folder: string;
let log: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "becausal-ope-"));
  log = join(folder, "log.jsonl");
  await writeFile(log, toText(makeLog(1200)));
});
afterAll(() => rm(folder, { recursive: true }));

async function run(...args: string[]) {
  return JSON.parse(await opeCommand.run(["--log", log, "--resamples", "50", "--json", ...args]));
}

const estimateOf = (result: { report: { estimates: { name: string; value: number }[] } }, name: string) =>
  result.report.estimates.find((each) => each.name === name)?.value;

describe("becausal ope", () => {
  test("values another policy than the one that drew", async () => {
    const result = await run("--policy", "uniform");
    expect(result.log).toMatchObject({ rows: 1200, used: 1080, observed: 120, open: 0, unlikeTheirSeed: 0 });
    for (const name of ["IPS", "SNIPS", "DR", "Switch-DR", "CV-DR"])
      expect(Math.abs((estimateOf(result, name) ?? 9) - 0.3), name).toBeLessThan(0.07);
    // Rows that the reader chose, and always liked, make the model love the third film: only the correction undoes that.
    expect(estimateOf(result, "DM")).toBeGreaterThan(0.4);
  });

  test("gives the mean reward for the policy that drew", async () => {
    const drawn = makeLog(1200).filter(({ source }) => source === "slot");
    const mean = drawn.reduce((sum, { y }) => sum + Number(y), 0) / drawn.length;
    expect(estimateOf(await run("--policy", "logged"), "IPS")).toBeCloseTo(mean, 12);
  });

  test("takes a policy out of a file, line by line", async () => {
    const file = join(folder, "policy.jsonl");
    const lines = makeLog(1200).map((_row, i) => ({ line: i + 1, pi: [0, 1, 0, 0] }));
    await writeFile(file, toText(lines));
    expect(Math.abs((estimateOf(await run("--policy", file), "SNIPS") ?? 9) - 0.6)).toBeLessThan(0.12);
    await writeFile(file, toText(lines.slice(0, 600)));
    await expect(run("--policy", file)).rejects.toThrow(/nothing for line 602 of the log/);
    await writeFile(file, toText(lines.map((line) => ({ ...line, pi: [0.5, 0.6, 0, 0] }))));
    await expect(run("--policy", file)).rejects.toThrow(/line 1: pi sums to 1\.1/);
  });

  test("prints a table and writes the same as JSON", async () => {
    const out = join(folder, "out.json");
    const text = await opeCommand.run([
      "--log",
      log,
      "--policy",
      "greedy",
      "--resamples",
      "50",
      "--out",
      out,
    ]);
    for (const name of ["IPS", "SNIPS", "DM", "DR", "Switch-DR", "DRos", "CV-DR"])
      expect(text).toMatch(new RegExp(`^${name} +0\\.\\d{4}`, "m"));
    expect(text).toMatch(/Overlap: n = 1080, effective size 7\d\d\.\d/);
    const written = JSON.parse(await readFile(out, "utf8"));
    expect(written).toEqual(await run("--policy", "greedy"));
  });

  test("says what is wrong with a log, and does without it", async () => {
    const rows = makeLog(1200);
    const file = join(folder, "damaged.jsonl");
    const forged = rows.map((row, i) => (i === 5 ? { ...row, a: (Number(row["a"]) + 1) % PLACES } : row));
    await writeFile(file, `${toText(forged)}\nnot a row`);
    const text = await opeCommand.run(["--log", file, "--policy", "uniform", "--resamples", "50"]);
    expect(text).toContain("1 bad line left out: line 1201: it is not JSON.");
    expect(text).toContain("1 of the draws are not what their seed and counter give");
  });

  test("gives no value where the log is too short", async () => {
    const file = join(folder, "short.jsonl");
    await writeFile(file, toText(makeLog(40)));
    const text = await opeCommand.run(["--log", file, "--policy", "uniform"]);
    expect(text).toContain("Not enough data: the effective size is below 50. No value is given.");
    expect(text).not.toMatch(/^IPS/m);
  });

  test.for([
    [],
    ["--log", "x"],
    ["--policy", "uniform"],
    ["--log", "x", "--policy", "uniform", "--clip", "0"],
  ])("is called wrongly with %j", async (args) => {
    await expect(opeCommand.run(args)).rejects.toThrow(/--(log|policy|clip)/);
  });
});
