import { type CsvCell, toCsv } from "../../../core/csv.ts";
import type { EvidenceSectionView, EvidenceWords } from "./evidence-section.ts";

/** What the page shows as CSV: a line for every figure, numbers as recorded, each with its definition and command. */
export function evidenceCsv(t: EvidenceWords, sections: readonly EvidenceSectionView[]): string {
  const head = [
    "section",
    "group",
    "figure",
    "row",
    "form",
    "value",
    "low",
    "high",
    "n",
    "users",
    "note",
    "definition",
    "command",
  ] as const;
  const lines = sections.flatMap((section) =>
    section.groups.flatMap((group): CsvCell[][] => {
      const place = [section.heading, group.heading];
      const charts = group.charts.flatMap(({ title, form, rows, definition }) =>
        rows.map(({ label, value, low, high, n, users, note }) => [
          ...place,
          title,
          label,
          form,
          value,
          low,
          high,
          n,
          users,
          note,
          definition.join(" "),
          section.command,
        ]),
      );
      const diagrams = group.diagrams.flatMap(({ title, bins }) =>
        bins.flatMap(({ from, to, n, meanProbability, hitRate }) =>
          (
            [
              [t("reliability.probability"), meanProbability],
              [t("reliability.hitRate"), hitRate],
            ] as const
          ).map(([what, value]) => [
            ...place,
            title,
            `${what} ${from}–${to}`,
            "value",
            value,
            null,
            null,
            n,
            null,
            null,
            t("reliability.definition"),
            section.command,
          ]),
        ),
      );
      return [...charts, ...diagrams];
    }),
  );
  return toCsv([head.map((name) => t(`csv.${name}`)), ...lines]);
}
