/** @file `audit` on the shipped pack: two short cases, killed and gone on with. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { CaseNumbers } from "../attribution/case-audit.ts";
import type { Estimate } from "../attribution/case-summary.ts";
import { auditCommand } from "./audit.ts";
import { addRecord, linesFile, readRecords, startRecord } from "./audit-record.ts";
import { UsageError } from "./usage.ts";

const pack = process.env["BECAUSAL_PACK"] ?? "public/packs/movies";
const LOAD_TIMEOUT_MS = 120_000;
const folder = mkdtempSync(join(tmpdir(), "becausal-audit-"));
afterAll(() => rmSync(folder, { recursive: true }));
const casesFile = join(folder, "cases.jsonl");
const CASES = [
  {
    id: "planted",
    history: ["Toy Story (1995)", "Aladdin (1992)", "Heat (1995)"],
    target: "Fargo (1996)",
    cause: "Heat (1995)",
    distractor: "Aladdin (1992)",
    candidates: ["Fargo (1996)", "Casablanca (1942)"],
  },
  { id: 2, history: ["Alien (1979)", "Heat (1995)"], target: "Casablanca (1942)" },
];
writeFileSync(casesFile, CASES.map((each) => `${JSON.stringify(each)}\n`).join(""));

interface Result {
  readonly cases: number;
  readonly summary: readonly Estimate[];
  readonly records: readonly CaseNumbers[];
}
const out = join(folder, "result.json");
const result = (): Result => JSON.parse(readFileSync(out, "utf8"));
const run = (...args: string[]) =>
  auditCommand.run(["--cases", casesFile, "--method", "shapley", "--out", out, "--pack", pack, ...args]);

describe.skipIf(!existsSync(`${pack}/manifest.json`))("with the movies pack", () => {
  let text: string;
  beforeAll(async () => {
    text = await run();
  }, LOAD_TIMEOUT_MS);

  test("every case has its numbers, in order, and exact Shapley values add up", () => {
    const { records, cases } = result();
    expect(cases).toBe(2);
    expect(records.map(({ id, items }) => [id, items])).toEqual([
      ["planted", 3],
      ["2", 2],
    ]);
    for (const { completenessError, whole } of records) {
      expect(Math.abs(completenessError)).toBeLessThan(1e-4);
      expect(whole).not.toBe(0);
    }
    expect(records[0]!.planted!.cause).toBeGreaterThan(0);
    expect([1, 2]).toContain(records[0]!.targetRank);
    expect(records[1]!.planted).toBeNull();
  });

  test("the table has each figure with its n", () => {
    expect(text).toMatch(/\ntop 3 \/ random 3, ratio of means .* 2\n/);
    expect(text).toMatch(/\ncause is the top item .* 1\n/);
    expect(text).toContain("shapley, total; 2 of the file's 2 cases on wasm");
  });

  test(
    "a killed run goes on where it stopped, and what is known is not run again",
    async () => {
      const whole = readFileSync(linesFile(out), "utf8");
      const [head, first, second] = whole.split("\n");
      const marked = first!.replace(/"forwardPasses":\d+/, '"forwardPasses":12345');
      writeFileSync(linesFile(out), `${head}\n${marked}\n${second!.slice(0, 40)}`);
      const before = result().records;
      await run("--resume");
      const { records } = result();
      expect(records[0]!.forwardPasses).toBe(12345);
      expect(records[1]).toEqual(before[1]);
      expect(readFileSync(linesFile(out), "utf8")).toBe(`${head}\n${marked}\n${second}\n`);
    },
    LOAD_TIMEOUT_MS,
  );

  test(
    "records of another method are not gone on with",
    async () => {
      await expect(run("--resume", "--pairs", "2")).rejects.toThrow(/another method; leave --resume out/);
    },
    LOAD_TIMEOUT_MS,
  );

  test(
    "a bad case is named with its line",
    async () => {
      const bad = join(folder, "bad.jsonl");
      writeFileSync(bad, `${JSON.stringify(CASES[1])}\n{"id": 3, "history": ["Haet"], "target": 1}\n`);
      await expect(auditCommand.run(["--cases", bad, "--pack", pack])).rejects.toMatchObject({
        failure: { kind: "file-invalid", file: "bad.jsonl", reason: 'line 2: "Haet" is no film of the pack' },
      });
    },
    LOAD_TIMEOUT_MS,
  );
});

describe("the record of a run", () => {
  const file = join(folder, "record.lines");

  test("is what was added under the same settings; a failed case too", async () => {
    const failed = { id: "a", failed: "nothing could stand in" };
    await startRecord(file, { seed: 1 });
    await addRecord(file, failed);
    expect(await readRecords(file, { seed: 1 })).toEqual([failed]);
    await expect(readRecords(file, { seed: 2 })).rejects.toMatchObject({ failure: { kind: "bad-request" } });
  });

  test("with a damaged line in the middle is refused, not half believed", async () => {
    writeFileSync(file, '{"seed":1}\n{"id":"a","fail\n{"id":"b","failed":"x"}\n');
    await expect(readRecords(file, { seed: 1 })).rejects.toThrow(/line 2 is no record of a case/);
  });

  test("that is not there is none", async () => {
    expect(await readRecords(join(folder, "nowhere.lines"), {})).toBeNull();
  });
});

test.for<[string, readonly string[]]>([
  ["no cases", []],
  ["a resume of nothing", ["--cases", casesFile, "--resume"]],
  ["no case of them", ["--cases", casesFile, "--limit", "0"]],
])("%s is a usage error", async ([, args]) => {
  await expect(auditCommand.run(args)).rejects.toThrow(UsageError);
});

test("a file of cases that is not there is named", async () => {
  await expect(auditCommand.run(["--cases", "nowhere.jsonl"])).rejects.toMatchObject({
    failure: { kind: "file-missing", file: expect.stringMatching(/nowhere\.jsonl$/) },
  });
});
