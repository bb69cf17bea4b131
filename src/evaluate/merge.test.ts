import { describe, expect, test } from "vitest";
import { fixtureResult } from "./fixtures/small-result.ts";
import { mergeShards, type Shard, type Whole } from "./merge.ts";
import { type EvaluationResult, readResultFile, resultFileText } from "./result-file.ts";

const whole = fixtureResult("windows", 24);
const order: Whole = {
  file: "cases.jsonl",
  note: whole.data.files[0]!,
  cases: whole.cases.map(({ id, draw, target, candidates }) => ({ id, draw, target, candidates })),
};

/** The part of a run that one worker would have written, by way of its file. */
function shard(index: number, from: number, to: number, change: Partial<EvaluationResult> = {}): Shard {
  const file = `shard-${index}.json`;
  const cases = whole.cases.slice(from, to);
  const files = [
    { file: `shard-${index}.jsonl`, sha256: String(index).repeat(64), rows: cases.length, badRows: 0 },
  ];
  const part = {
    ...whole,
    data: { ...whole.data, files, problems: [], problemCount: 0 },
    cases,
    metrics: [],
    answers: [],
    calibration: [],
    seconds: 2,
    ...change,
  };
  return { file, result: readResultFile(new TextEncoder().encode(resultFileText(part)), file) };
}
const all = () => [shard(1, 0, 7), shard(2, 7, 15), shard(3, 15, whole.cases.length)];
const merge = (shards: readonly Shard[], of: Whole = order) => mergeShards(shards, of, "merged");

describe("merged shards", () => {
  test("are the unsharded run, to the last bit and in its order, in whatever order they are given", () => {
    const { metrics, answers, calibration, cases, command, seconds, data } = whole;
    for (const shards of [all(), all().toReversed()])
      expect(merge(shards)).toMatchObject({ metrics, answers, calibration, cases, command: "merged" });
    expect(resultFileText({ ...merge(all()), command, seconds, data })).toBe(resultFileText(whole));
  });

  test("say how long all of them took", () => {
    expect(merge(all()).seconds).toBe(6);
  });

  test("add up what could not be used, and count once what all of them read", () => {
    const own = (index: number) => ({ file: `shard-${index}.jsonl`, line: 2, reason: "it is not JSON" });
    const shared = { file: "ratings.csv", line: 9, reason: "it has 3 columns of 4" };
    const note = { ...whole.data.files[0]!, file: "ratings.csv" };
    const bad = all().map(({ file, result }, i) => {
      const [part] = result.data.files;
      const data = {
        ...result.data,
        files: [{ ...part!, badRows: 1 }, note],
        problems: [own(i + 1), shared],
        problemCount: 2,
      };
      return { file, result: { ...result, data } };
    });
    expect(merge(bad).data).toMatchObject({
      files: [whole.data.files[0]!, note],
      problems: [own(1), shared, own(2), own(3)],
      problemCount: 4,
    });
  });
});

describe("what does not belong together is refused by name", () => {
  const other = "f".repeat(64);
  test.for([
    ["pack", { pack: { ...whole.pack, adapterSha256: other } }],
    ["base", { base: { ...whole.base, sha256: other } }],
    ["settings", { settings: { ...whole.settings, seed: 9 } }],
    ["version", { version: "9.9.9" }],
    ["backend", { engine: { ...whole.engine, backend: "webgpu" } }],
    ["popularity", { popularity: whole.popularity.map((count) => count + 1) }],
    [
      "data behind the baselines",
      { data: { ...whole.data, users: { train: 1, validation: 1, test: 1, without: 0 } } },
    ],
  ] as const)("another %s", ([name, change]) => {
    const [first, second, third] = all() as [Shard, Shard, Shard];
    expect(() => merge([first, { ...second, result: { ...second.result, ...change } }, third])).toThrow(
      `shard-2.json differs from shard-1.json in ${name}`,
    );
  });

  test("a shard that is given twice", () => {
    expect(() => merge([...all(), { ...shard(1, 0, 7), file: "again.json" }])).toThrow(
      `case ${whole.cases[0]!.id}, draw 0 is in shard-1.json and in again.json`,
    );
  });

  test("a shard that is missing", () => {
    expect(() => merge(all().slice(0, 2))).toThrow(
      `case ${whole.cases[15]!.id}, draw 0 of cases.jsonl is in no shard`,
    );
  });

  test("a case that the file does not have", () => {
    expect(() => merge(all(), { ...order, cases: order.cases.slice(0, -1) })).toThrow(
      `case ${whole.cases.at(-1)!.id}, draw 0 of shard-3.json is not in cases.jsonl`,
    );
  });

  test.for([
    ["target", { target: 59 }],
    ["candidates", { candidates: [1, 2, 3] }],
  ] as const)("another %s", ([_, change]) => {
    const cases = order.cases.with(4, { ...order.cases[4]!, ...change });
    expect(() => merge(all(), { ...order, cases })).toThrow(
      `case ${whole.cases[4]!.id}, draw 0 asks something else in shard-1.json than in cases.jsonl`,
    );
  });

  test("cases whose candidates each shard drew for itself", () => {
    const cases = order.cases.map((each) => ({ ...each, candidates: null }));
    expect(() => merge(all(), { ...order, cases })).toThrow("shard the file that --export-cases wrote");
  });

  test("nothing at all", () => {
    expect(() => merge([])).toThrow("there is no shard to merge");
  });
});
