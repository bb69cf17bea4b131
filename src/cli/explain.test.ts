/** @file All of `explain` on the shipped pack. Each command loads the model anew, so few commands ask for much. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Evidence } from "../attribution/evidence.ts";
import { explainCommand } from "./explain.ts";
import { UsageError } from "./usage.ts";

const pack = process.env["BECAUSAL_PACK"] ?? "public/packs/movies";
const LOAD_TIMEOUT_MS = 120_000;
const HISTORY = ["--history", "Toy Story (1995)", "Aladdin (1992)"];
const folder = mkdtempSync(join(tmpdir(), "becausal-explain-"));
afterAll(() => rmSync(folder, { recursive: true }));
const run = (...args: string[]) => explainCommand.run([...args, "--pack", pack]);

describe.skipIf(!existsSync(`${pack}/manifest.json`))("with the movies pack", () => {
  const evidenceFile = join(folder, "evidence.json");
  const csvFile = join(folder, "effects.csv");
  let answer: {
    readonly rows: readonly { readonly film: string; readonly deltaNats: readonly number[] }[];
    readonly [part: string]: unknown;
  };
  beforeAll(async () => {
    answer = JSON.parse(
      await run(
        ...[...HISTORY, "--candidate", "Casablanca", "Fargo", "--method", "shapley", "--json"],
        ...["--channels", "--strip", "--audit", "--what-if", "Alien (1979)"],
        ...["--evidence", evidenceFile, "--csv", csvFile],
      ),
    );
  }, LOAD_TIMEOUT_MS);
  const evidence = (): Evidence => JSON.parse(readFileSync(evidenceFile, "utf8"));

  test("every part that was asked for is in the answer and in the evidence, and no other", () => {
    expect(Object.keys(answer)).toEqual(expect.arrayContaining(["channels", "strips", "audit", "whatIf"]));
    expect(answer).not.toHaveProperty("counterfactual");
    const { schema, channels, strips, audit, whatIf, counterfactual, slate } = evidence();
    expect(schema).toBe("becausal-evidence/1");
    for (const part of [channels, strips, audit, whatIf]) expect(part).not.toBeNull();
    expect([counterfactual, slate]).toEqual([null, null]);
  });

  test("the evidence shows the numbers of the answer, and has every coalition behind them", () => {
    const { effects, films, model } = evidence();
    expect(effects.shown.rows.map(({ deltaNats }) => deltaNats)).toEqual(
      answer.rows.map(({ deltaNats }) => deltaNats),
    );
    expect(effects.answers).toHaveLength(4);
    const manifest = JSON.parse(readFileSync(`${pack}/manifest.json`, "utf8"));
    expect(model.pack.adapterSha256).toBe(manifest.adapter.sha256);
    expect(model.base.sha256).toBe(manifest.base.sha256);
    expect(Object.values(films)).toEqual(expect.arrayContaining(["Alien (1979)", "Casablanca (1942)"]));
  });

  test("the table has a line for each film and candidate, with whole numbers", () => {
    const [head, ...lines] = readFileSync(csvFile, "utf8").trimEnd().split("\r\n");
    expect(head).toMatch(/^watched,event,explained,method,question,value,nats,/);
    expect(lines.map((line) => Number(line.split(",")[6]))).toEqual(
      answer.rows.flatMap(({ deltaNats }) => deltaNats),
    );
    expect(readdirSync(folder).sort()).toEqual(["effects.csv", "evidence.json"]);
  });

  test(
    "what is said in words names the films, the method and the edit",
    async () => {
      const text = await run(
        ...[
          ...HISTORY,
          "--top",
          "2",
          "--method",
          "shapley",
          "--pairs",
          "2",
          "--channels",
          "--strip",
          "--audit",
        ],
        ...["--counterfactual", "Casablanca (1942)", "--budget", "4", "--what-if", "Alien (1979)"],
      );
      expect(text).toMatch(/^A {2}\S.*\nB {2}\S/);
      expect(text).toMatch(/\nToy Story \(1995\) .*±/);
      expect(text).toContain("mean ± standard error over 2 pairs of orders, seed 1");
      expect(text).toContain('Text: nats lost when the title is only "a movie".');
      expect(text).toMatch(/the history makes the title [+−][\d.]+ nats likelier/);
      expect(text).toMatch(/Audit: (passed|FAILED)/);
      expect(text).toMatch(/Casablanca \(1942\)/);
      expect(text).toContain("With Alien (1979) watched last:");
    },
    LOAD_TIMEOUT_MS,
  );
});

test.for<[string, readonly string[], RegExp]>([
  ["another method", ["--method", "attention"], /--method is leave-one-out or replacement or shapley/],
  ["pairs for what draws no orders", ["--pairs", "3"], /--pairs is for --method shapley/],
  ["no pairs", ["--method", "shapley", "--pairs", "0"], /--pairs is a whole number/],
  ["half a seed", ["--seed", "0.5"], /--seed is a whole number/],
  ["additions to no edit", ["--add", "Heat (1995)"], /--add is for --counterfactual/],
])("%s is a usage error", async ([, args, message]) => {
  const called = explainCommand.run(["--history", "A", ...args]);
  await expect(called).rejects.toThrow(UsageError);
  await expect(called).rejects.toThrow(message);
});

test("a file that cannot be written is named before any work is done", async () => {
  await expect(
    explainCommand.run([...HISTORY, "--pack", "nowhere", "--evidence", "/nowhere/evidence.json"]),
  ).rejects.toMatchObject({
    failure: {
      kind: "bad-request",
      reason: expect.stringContaining("/nowhere/evidence.json cannot be written"),
    },
  });
});
