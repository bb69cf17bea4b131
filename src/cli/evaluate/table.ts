/** @file A result as text. */
import type { EvaluationResult, Metric, Mode, Problem } from "../../evaluate/result-file.ts";
import { signed, textTable } from "../text-table.ts";

/** Problems that are printed; the rest is in the result. */
const PRINTED_PROBLEMS = 10;
const DIGITS = 4;

/** The figures of a result as tables, the command's answer. */
export function resultText(result: EvaluationResult): string {
  const { data, settings, pack, engine, cases } = result;
  const questions = new Set(cases.map(({ id }) => id)).size;
  const users = new Set(cases.map(({ user }) => user)).size;
  return [
    `${data.name}, pack ${pack.name}: ${protocolText(result)}; ${questions} questions of ${users} users, ${cases.length} cases.`,
    "",
    ...(settings.protocol === "full" ? [] : [answersText(result), ""]),
    metricsText(result),
    "",
    ...(result.calibration.length === 0 ? [] : [calibrationText(result), ""]),
    `Intervals: 95 %, users drawn again ${settings.resamples} times. Scored on ${engine.backend} (${engine.device}) in ${result.seconds.toFixed(1)} s.`,
    ...problemLines(data.problems, data.problemCount),
  ].join("\n");
}

function protocolText({ settings }: EvaluationResult): string {
  switch (settings.protocol) {
    case "llara":
      return `last targets among ${settings.candidates} candidates (${settings.negatives}), mean of ${settings.draws} draws`;
    case "windows":
      return `every window among ${settings.candidates} candidates (${settings.negatives})`;
    case "full":
      return `the whole catalogue, SASRec's best ${settings.slate} reranked by the language model`;
    case "given":
      return "the candidates given";
    default:
      return settings.protocol satisfies never;
  }
}

function answersText({ answers }: EvaluationResult): string {
  return textTable(
    [
      ["HR@1", "correct", "total", "correct / total", "valid ratio"],
      ...answers.map(({ mode, watchedLast, correct, total, validRatio }) => [
        named(mode, watchedLast),
        Number.isInteger(correct) ? `${correct}` : correct.toFixed(2),
        `${total}`,
        (correct / total).toFixed(DIGITS),
        `${validRatio}`,
      ]),
    ],
    ["left", "right", "right", "right", "right"],
  );
}

/** A line per metric and mode, with its difference from SASRec beside it; other differences have lines of their own. */
function metricsText({ metrics }: EvaluationResult): string {
  const fromSasrec = new Map(
    metrics.filter(({ minus }) => minus === "sasrec").map((metric) => [lineOf(metric), metric]),
  );
  // Of one place, all three are the same.
  const shown = metrics.filter(
    ({ name, k, minus }) => minus !== "sasrec" && !(k === 1 && (name === "NDCG" || name === "MRR")),
  );
  return textTable(
    [
      ["", "mode", "value", "95 % interval", "− sasrec", "95 % interval", "n", "users"],
      ...shown.map((metric) => {
        const { name, k, mode, minus, watchedLast, n, users } = metric;
        const difference = minus === null ? fromSasrec.get(lineOf(metric)) : undefined;
        return [
          `${name}${k === null ? "" : `@${k}`}`,
          named(minus === null ? mode : `${mode} − ${minus}`, watchedLast),
          ...valueCells(metric, minus !== null || name === "PopularityBias"),
          ...(difference === undefined ? ["", ""] : valueCells(difference, true)),
          `${n}`,
          `${users}`,
        ];
      }),
    ],
    ["left", "left", "right", "right", "right", "right", "right", "right"],
  );
}

function lineOf({ name, k, mode, watchedLast }: Metric): string {
  return `${name} ${k} ${mode} ${watchedLast}`;
}

function valueCells({ value, low, high }: Metric, isSigned: boolean): [string, string] {
  const number = (figure: number) => (isSigned ? signed(figure, DIGITS) : figure.toFixed(DIGITS));
  return [number(value), low === null || high === null ? "" : `${number(low)} to ${number(high)}`];
}

function calibrationText({ calibration }: EvaluationResult): string {
  const rows = calibration.map(({ mode, expectedCalibrationError, brier, n, bins }) => [
    mode,
    expectedCalibrationError.toFixed(DIGITS),
    brier.toFixed(DIGITS),
    `${n}`,
    bins
      .filter((bin) => bin.n > 0)
      .map((bin) => `${bin.meanProbability?.toFixed(2)}→${bin.hitRate?.toFixed(2)} (${bin.n})`)
      .join(" "),
  ]);
  return textTable(
    [["calibration", "error", "Brier", "n", "said → came true (n)"], ...rows],
    ["left", "right", "right", "right", "left"],
  );
}

function named(mode: Mode | string, watchedLast: Metric["watchedLast"]): string {
  return watchedLast ? `${mode}, rated before last` : mode;
}

/** What could not be used, the first few named. */
export function problemLines(problems: readonly Problem[], count: number): string[] {
  if (count === 0) return [];
  const more = count - Math.min(problems.length, PRINTED_PROBLEMS);
  return [
    `${count} ${count === 1 ? "row or film" : "rows or films"} could not be used:`,
    ...problems
      .slice(0, PRINTED_PROBLEMS)
      .map(({ file, line, reason }) => `  ${file}${line === null ? "" : `, line ${line}`}: ${reason}`),
    ...(more > 0 ? [`  and ${more} more (the result names them)`] : []),
  ];
}
