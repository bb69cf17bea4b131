import { toCsv } from "../../../core/csv.ts";
import type { HeatmapProps } from "../Heatmap.tsx";
import type { ExportWords } from "./export-words.ts";

/** The heatmap as CSV, one line per cell that is computed: whole numbers as computed, nothing rounded. Points are percentage points. */
export function heatmapCsv(
  { causes, targets, cells }: Pick<HeatmapProps, "causes" | "targets" | "cells">,
  words: ExportWords,
): string {
  const lines = causes.flatMap((cause, r) =>
    targets.flatMap((target, c) => {
      const cell = cells[r]?.[c] ?? null;
      if (cell === null) return [];
      const { deltaNats, standardError, deltaProbability } = cell;
      return [[cause.title, target.title, c + 1, deltaNats, standardError, deltaProbability * 100]];
    }),
  );
  const { watched, recommended, rank, nats, standardError, points } = words;
  return toCsv([[watched, recommended, rank, nats, standardError, points], ...lines]);
}
