import type { TFunction } from "i18next";
import type { BenchReport } from "./run-bench.ts";
import { median } from "./statistics.ts";
import { HEATMAP_CANDIDATES, SLATE_CANDIDATES } from "./workload.ts";

/** One run as a real table: a figure a row, milliseconds in the columns. Numbers that programs read are in `data-` attributes. */
export function benchTable(t: TFunction, language: string, { result, notes }: BenchReport): HTMLTableElement {
  const whole = new Intl.NumberFormat(language, { maximumFractionDigits: 0 });
  const fine = new Intl.NumberFormat(language, { maximumFractionDigits: 1 });
  const table = document.createElement("table");
  table.createCaption().textContent = t("bench.caption", {
    adapter: notes.adapterName,
    layers: notes.layers,
    runs: Math.max(result.prefill_ms.length, result.slate_ms.length, result.heatmap_ms.length),
  });
  const head = table.createTHead().insertRow();
  for (const key of ["figure", "median", "least", "most"] as const) {
    const cell = document.createElement("th");
    cell.scope = "col";
    cell.textContent = t(`bench.${key}`);
    head.append(cell);
  }
  const body = table.createTBody();
  const row = (name: string, label: string, cells: readonly string[], value: number) => {
    const line = body.insertRow();
    line.dataset["figure"] = name;
    line.dataset["value"] = `${value}`;
    const header = document.createElement("th");
    header.scope = "row";
    header.textContent = label;
    line.append(header);
    for (const text of cells) line.insertCell().textContent = text;
  };
  const timesRow = (name: string, label: string, times: readonly number[]) => {
    if (times.length === 0) return;
    const middle = median(times);
    row(name, label, [middle, Math.min(...times), Math.max(...times)].map(fine.format), middle);
  };
  const { load_ms: load, prefill_tokens: tokens, prefill_ms: prefill } = result;
  row("load_ms", t("bench.load"), [fine.format(load), "", ""], load);
  timesRow("prefill_ms", t("bench.prefill", { count: tokens }), prefill);
  timesRow("slate_ms", t("bench.slate", { count: SLATE_CANDIDATES }), result.slate_ms);
  timesRow("heatmap_ms", t("bench.heatmap", { count: HEATMAP_CANDIDATES }), result.heatmap_ms);
  if (prefill.length > 0) {
    const tokensPerSecond = (tokens / median(prefill)) * 1000;
    row("tokens_per_second", t("bench.speed"), [fine.format(tokensPerSecond), "", ""], tokensPerSecond);
  }
  const { weightBytes, peakBytes } = notes.memory;
  row("weight_bytes", t("bench.weights"), [whole.format(weightBytes), "", ""], weightBytes);
  row("peak_bytes", t("bench.peak"), [whole.format(peakBytes), "", ""], peakBytes);
  return table;
}
