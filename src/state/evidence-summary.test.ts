import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { FailureError } from "../core/failure.ts";
import { EVIDENCE_SECTIONS, readEvidenceSummary } from "./evidence-summary.ts";

const file = new URL("../../public/evidence/summary.json", import.meta.url);
const bytes = readFileSync(file);
const summary = readEvidenceSummary(bytes, "summary.json");
const record = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../training/results/${name}.json`, import.meta.url), "utf8"));

/** The summary with something changed, as bytes. */
function changed(change: (document: ReturnType<typeof JSON.parse>) => void): Uint8Array {
  const document = JSON.parse(bytes.toString("utf8"));
  change(document);
  return new TextEncoder().encode(JSON.stringify(document));
}

describe("the published summary", () => {
  test("has every section once, and a record for each", () => {
    expect(summary.sections.map(({ id }) => id).toSorted()).toEqual([...EVIDENCE_SECTIONS].toSorted());
    for (const section of summary.sections)
      expect(
        readFileSync(new URL(`../../${section.record}`, import.meta.url)).length,
        section.record,
      ).toBeGreaterThan(0);
  });

  test.for(["movies", "ml-100k", "ml-100k-30-layers"] as const)(
    "has the figures of the record %s, number by number",
    (name) => {
      const { metrics, differences, ratios, beta } = record(name);
      const section = summary.sections.find(({ id }) => id === name);
      const numbers = (row: Record<"value" | "low" | "high" | "n" | "users", number | null>) => [
        row.value,
        row.low,
        row.high,
        row.n,
        row.users,
      ];
      expect(section?.beta).toBe(beta);
      expect(section?.figures.map(numbers)).toEqual([...metrics, ...differences, ...ratios].map(numbers));
    },
  );

  test("has every planted figure with its bar and whether it was met", () => {
    for (const name of ["worlds", "causes"] as const) {
      const found = summary.sections
        .find(({ id }) => id === name)
        ?.figures.map(({ bar }) => bar?.met ?? null);
      const wanted = record(name).rows.map(({ verdict }: { verdict: string }) =>
        verdict === "" ? null : verdict === "met",
      );
      expect(found).toEqual(wanted);
    }
  });
});

test.for([
  [
    "an arm without words",
    /sections\.0\.figures\.0\.arm/,
    (d: typeof summary) => Object.assign(d.sections[0]!.figures[0]!, { arm: "new" }),
  ],
  [
    "a value outside its interval",
    /outside its interval/,
    (d: typeof summary) => Object.assign(d.sections[0]!.figures[0]!, { value: 2 }),
  ],
  [
    "a figure of no questions",
    /sections\.0\.figures\.0\.n/,
    (d: typeof summary) => Object.assign(d.sections[0]!.figures[0]!, { n: 0 }),
  ],
  ["another version", /schema/, (d: typeof summary) => Object.assign(d, { schema: "becausal-evidence/2" })],
] as const)("%s is refused by name", ([, words, change]) => {
  const read = () => readEvidenceSummary(changed(change), "summary.json");
  expect(read).toThrow(FailureError);
  expect(read).toThrow(words);
});
