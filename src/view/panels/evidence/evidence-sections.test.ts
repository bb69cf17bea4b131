import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { fixtureResult } from "../../../evaluate/fixtures/small-result.ts";
import type { OwnRun } from "../../../state/evidence-store.ts";
import { readEvidenceSummary } from "../../../state/evidence-summary.ts";
import { makeFormats } from "../../i18n/formats.ts";
import { type Language, languages } from "../../i18n/language.ts";
import { makeI18n } from "../../i18n/make-i18n.ts";
import { evidenceCsv } from "./evidence-csv.ts";
import type { EvidenceSectionView, EvidenceWords } from "./evidence-section.ts";
import { ownSections } from "./own-sections.ts";
import { type EvidenceChoice, publishedSections } from "./published-sections.ts";

const summary = readEvidenceSummary(
  readFileSync(new URL("../../../../public/evidence/summary.json", import.meta.url)),
  "summary.json",
);
const choices: EvidenceChoice[] = (["windows", "last"] as const).flatMap((targets) =>
  [false, true].flatMap((watchedLast) =>
    ([50, 100] as const).map((slate) => ({ targets, watchedLast, slate })),
  ),
);
const [first] = choices as [EvidenceChoice];

const words = {} as Record<Language, EvidenceWords>;
beforeAll(async () => {
  for (const language of languages)
    words[language] = (await makeI18n(language)).getFixedT(language, "evidence");
});
const published = (choice: EvidenceChoice, language: Language = "en") =>
  publishedSections(words[language], makeFormats(language), summary, choice);

/** Every string of a view, keys of the wording that were not found among them. */
function strings(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(strings) : [];
}

const rowsOf = (sections: readonly EvidenceSectionView[]) =>
  sections.flatMap(({ groups }) => groups.flatMap(({ charts }) => charts.flatMap(({ rows }) => rows)));

describe("published figures", () => {
  test("every figure of the summary stands in a chart under some choice, with its own numbers", () => {
    const shown = new Set(
      choices.flatMap((choice) =>
        rowsOf(published(choice)).map(({ value, low, high, n }) => [value, low, high, n].join()),
      ),
    );
    for (const section of summary.sections)
      for (const { value, low, high, n } of section.figures)
        expect(shown.has([value, low, high, n].join()), `${section.id}: ${value} [${low}, ${high}]`).toBe(
          true,
        );
  });

  test.for(choices)("what is ranked among 20 has its whole-catalogue twin beside it: %o", (choice) => {
    for (const section of published(choice)) {
      if (["evidence-worlds", "evidence-causes"].includes(section.id)) continue;
      const beside = section.groups.map(({ layout, charts, twin }) =>
        layout === "twin"
          ? charts
              .slice(1)
              .every(({ rows, title }) => rows.length > 0 && title.includes("whole catalogue")) &&
            charts.length === 4
          : twin?.table?.rows.length === 3,
      );
      expect(beside, section.id).toContain(true);
    }
  });

  test("the choice of questions changes the figures of 20, not those of the catalogue", () => {
    const values = (choice: EvidenceChoice) => {
      const charts = published(choice).find(({ id }) => id === "evidence-ml-100k")?.groups[0]?.charts ?? [];
      return charts.map(({ rows }) => rows.map(({ value }) => value).join());
    };
    const [plain, ...catalogue] = values(first);
    const [ranked, ...same] = values({ ...first, watchedLast: true });
    expect(ranked).not.toBe(plain);
    expect(same).toEqual(catalogue);
  });

  test("a pack without films rated before says so instead of showing others", () => {
    const movies = published({ ...first, watchedLast: true }).find(({ id }) => id === "evidence-movies");
    expect(movies?.groups[0]?.notes[0]).toMatch(/no film that the user had rated before/);
  });

  test.for(languages)("no wording is missing (%s)", (language) => {
    const all = choices.flatMap((choice) => published(choice, language));
    const unresolved = strings(all).filter(
      (text) =>
        text.includes("{{") || /^(arm|mode|world|of|scope|define|section|lead|table|paper)\./.test(text),
    );
    expect(unresolved).toEqual([]);
  });

  test("every chart says what it is, and no two rows of one are alike", () => {
    for (const { groups } of published(first))
      for (const { charts } of groups)
        for (const { title, definition, interval, rows } of charts) {
          expect(definition.length, title).toBeGreaterThan(0);
          expect(interval, title).not.toBe("");
          expect(new Set(rows.map(({ key }) => key)).size, title).toBe(rows.length);
        }
  });
});

describe("own results", () => {
  const run = (protocol: "windows" | "full", key: number): OwnRun => ({
    key,
    file: `${protocol}.json`,
    result: fixtureResult(protocol),
  });
  const sections = (runs: readonly OwnRun[]) => ownSections(words.en, makeFormats("en"), runs);

  test("alone, a run of drawn candidates says which command makes its twin", () => {
    const [section] = sections([run("windows", 1)]);
    expect(section?.groups[0]?.twin?.command).toBe(
      "npx becausal evaluate --dataset DIR --protocol full --out full.json",
    );
    expect(section?.groups[0]?.layout).toBe("grid");
  });

  test("beside its twin it shows both, whichever was opened first", () => {
    for (const runs of [
      [run("windows", 1), run("full", 2)],
      [run("full", 1), run("windows", 2)],
    ])
      for (const section of sections(runs)) {
        expect(section.groups[0]?.layout).toBe("twin");
        expect(section.groups[0]?.charts.map(({ title }) => title)).toEqual([
          "HR@1, 1 of 20",
          "HR@1, whole catalogue",
          "HR@10, whole catalogue",
          "NDCG@10, whole catalogue",
        ]);
      }
  });

  test("a run of another pack or of other data is no twin", () => {
    const other = run("full", 2);
    const pack = { ...other.result.pack, adapterSha256: "f".repeat(64) };
    const files = [{ ...other.result.data.files[0]!, sha256: "f".repeat(64) }];
    for (const result of [
      { ...other.result, pack },
      { ...other.result, data: { ...other.result.data, files } },
    ])
      expect(sections([run("windows", 1), { ...other, result }])[0]?.groups[0]?.twin).not.toBeNull();
  });

  test("an answer is counted: correct of total", () => {
    const { result } = run("windows", 1);
    const hybrid = result.answers.find(({ mode, watchedLast }) => mode === "hybrid" && !watchedLast);
    const row = sections([run("windows", 1)])[0]?.groups[0]?.charts[0]?.rows.find(({ key }) =>
      key.startsWith("hybrid"),
    );
    expect(row?.note).toBe(`${hybrid?.correct} of ${hybrid?.total} correct`);
    expect(row?.value).toBeCloseTo((hybrid?.correct ?? 0) / (hybrid?.total ?? 1), 12);
  });

  test("a result without cases says that it holds no figures", () => {
    const whole = run("full", 1);
    const empty = { ...whole, result: { ...whole.result, metrics: [], answers: [], calibration: [] } };
    expect(sections([empty])[0]?.groups.flatMap(({ notes }) => notes)).toEqual([
      "This file holds no figures: it has no cases.",
    ]);
  });

  test("the CSV has a line for every figure that is shown, as recorded", () => {
    const all = [...published(first), ...sections([run("windows", 1)])];
    const lines = evidenceCsv(words.en, all).trimEnd().split("\r\n");
    const diagrams = all.flatMap(({ groups }) => groups.flatMap((group) => group.diagrams));
    const bins = diagrams.flatMap((diagram) => diagram.bins);
    expect(lines).toHaveLength(1 + rowsOf(all).length + 2 * bins.length);
    expect(lines[0]).toMatch(/^section,group,figure,row,form,value,low,high,questions,people/);
    const { value, low, high, n, users } = rowsOf(all)[0]!;
    expect(lines[1]).toContain(`,value,${value},${low},${high},${n},${users},`);
  });
});
