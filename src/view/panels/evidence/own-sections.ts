/** @file A person's own results as sections of the evidence page. */
import { type Metric, MODES, type Mode } from "../../../evaluate/result-file.ts";
import type { OwnRun } from "../../../state/evidence-store.ts";
import type { IntervalRow } from "../../charts/IntervalTable.tsx";
import type { FigureForm } from "../../charts/interval-scale.ts";
import type { Formats } from "../../i18n/formats.ts";
import {
  type EvidenceChart,
  type EvidenceGroup,
  type EvidenceSectionView,
  type EvidenceTable,
  type EvidenceWords,
  makeGroup,
  tally,
} from "./evidence-section.ts";

/** Proper names: the same in every language. */
const backendNames = { webgpu: "WebGPU", wasm: "WebAssembly" } as const;

/** Every run as a section, beside its twin of the other protocol where that is open too. */
export function ownSections(
  t: EvidenceWords,
  formats: Formats,
  runs: readonly OwnRun[],
): readonly EvidenceSectionView[] {
  return runs.map((run): EvidenceSectionView => {
    const { result, file, key } = run;
    const { pack, base, data, engine, settings, metrics } = result;
    const questions = metrics[0]?.n ?? 0;
    return {
      id: `evidence-own-${key}`,
      heading: file,
      lead: [
        t("own.pack", {
          pack: pack.name,
          layers: base.layers,
          backend: backendNames[engine.backend],
          data: data.name,
        }),
        t("own.asked", {
          count: questions,
          protocol: settings.protocol,
          seed: settings.seed,
        }),
      ].join(" "),
      facts: [
        t("facts.device", { device: engine.device }),
        t("facts.beta", { beta: formats.decimal(pack.beta) }),
        ...(data.problemCount === 0 ? [] : [t("own.problems", { count: data.problemCount })]),
      ],
      command: result.command,
      record: null,
      groups:
        questions === 0
          ? [makeGroup({ id: "empty", notes: [t("own.empty")] })]
          : groupsOf(t, formats, run, runs),
    };
  });
}

/** The run that asked the same of the same pack in the other way. */
function twinRun({ result, key }: OwnRun, runs: readonly OwnRun[]): OwnRun | undefined {
  const isFull = result.settings.protocol === "full";
  const files = (of: OwnRun["result"]) => of.data.files.map(({ sha256 }) => sha256).join();
  return runs.findLast(
    (other) =>
      other.key !== key &&
      (other.result.settings.protocol === "full") !== isFull &&
      other.result.metrics.length > 0 &&
      other.result.pack.adapterSha256 === result.pack.adapterSha256 &&
      files(other.result) === files(result),
  );
}

type Wanted = readonly [name: Metric["name"], k: number | null];
const TWINS: readonly Wanted[] = [
  ["HR", 1],
  ["HR", 10],
  ["NDCG", 10],
];

function groupsOf(t: EvidenceWords, formats: Formats, run: OwnRun, runs: readonly OwnRun[]): EvidenceGroup[] {
  const { result } = run;
  const isFull = result.settings.protocol === "full";
  const twin = twinRun(run, runs);
  const sampled = isFull ? twin : run;
  const full = isFull ? run : twin;
  const charts = (form: "value" | "difference", watchedLast: boolean) => [
    ...(sampled === undefined ? [] : chartOf(t, formats, sampled, ["HR", 1], form, watchedLast)),
    ...(full === undefined ? [] : TWINS.flatMap((wanted) => chartOf(t, formats, full, wanted, form, false))),
  ];
  const missing = {
    words: t(isFull ? "twin.sampledMissing" : "twin.missing"),
    command: twinCommand(run),
    table: null,
  };
  const hasWatched = (sampled?.result.metrics ?? []).some(({ watchedLast }) => watchedLast);
  const groups = (hasWatched ? [false, true] : [false]).flatMap((watchedLast): EvidenceGroup[] => {
    const values = charts("value", watchedLast);
    const differences = charts("difference", watchedLast);
    const suffix = hasWatched ? [t(watchedLast ? "own.watchedLast" : "own.asDrawn")] : [];
    const layout = sampled !== undefined && full !== undefined ? "twin" : "grid";
    return [
      makeGroup({
        id: `values-${watchedLast}`,
        heading: suffix[0] ?? null,
        layout,
        sampled: t("twin.candidates"),
        charts: values,
        notes: [t("twin.why")],
        twin: twin === undefined ? missing : null,
      }),
      ...(differences.length === 0
        ? []
        : [
            makeGroup({
              id: `differences-${watchedLast}`,
              heading:
                suffix[0] === undefined
                  ? t("group.differences")
                  : t("pair", { first: t("group.differences"), second: suffix[0] }),
              layout,
              sampled: t("twin.candidates"),
              charts: differences,
              notes: [tally(t, differences)],
            }),
          ]),
    ];
  });
  const others: readonly Wanted[] = [
    ["SlateRecall", result.settings.slate],
    ["Coverage", 10],
    ["PopularityBias", 10],
    ["Brier", null],
  ];
  const more = others.flatMap((wanted) => chartOf(t, formats, run, wanted, "value", false));
  return [
    ...groups,
    ...(more.length === 0 ? [] : [makeGroup({ id: "more", charts: more })]),
    ...(result.calibration.length === 0
      ? []
      : [
          makeGroup({
            id: "calibration",
            heading: t("group.calibration"),
            notes: [t("reliability.definition")],
            diagrams: result.calibration.map((each) => ({
              ...each,
              title: t(`mode.${each.mode}`),
              place: run.file,
            })),
          }),
        ]),
    makeGroup({
      id: "all",
      heading: t("group.all"),
      layout: "folded",
      tables: [allFigures(t, result.metrics)],
    }),
  ];
}

/** The command line of a run with the other protocol. */
function twinCommand({ result: { command, settings } }: OwnRun): string {
  const wanted = settings.protocol === "full" ? "windows" : "full";
  const bare = command.replace(/ --protocol \S+/, "").replace(/ --out \S+/, "");
  return `${bare} --protocol ${wanted} --out ${wanted}.json`;
}

/** One measure as a chart; none where the run does not have it. */
function chartOf(
  t: EvidenceWords,
  formats: Formats,
  { result }: OwnRun,
  [name, k]: Wanted,
  form: "value" | "difference",
  watchedLast: boolean,
): EvidenceChart[] {
  const found = result.metrics.filter(
    (metric) =>
      metric.name === name &&
      metric.k === k &&
      metric.watchedLast === watchedLast &&
      (metric.minus === null) === (form === "value"),
  );
  if (found.length === 0) return [];
  const inOrder = found.toSorted((a, b) => MODES.indexOf(a.mode) - MODES.indexOf(b.mode));
  const isFull = result.settings.protocol === "full";
  const rows = inOrder.map(
    (metric): IntervalRow => ({
      key: `${metric.mode} ${metric.minus}`,
      label:
        metric.minus === null
          ? t(`mode.${metric.mode}`)
          : t("minus", { first: t(`mode.${metric.mode}`), second: t(`mode.${metric.minus}`) }),
      note:
        name === "HR" && k === 1 && form === "value" && !isFull ? answered(t, formats, result, metric) : null,
      kind: "interval",
      value: metric.value,
      low: metric.low,
      high: metric.high,
      n: metric.n,
      users: metric.users,
      bar: null,
    }),
  );
  const heads: Record<FigureForm, string> = {
    value: t("table.model"),
    difference: t("table.difference"),
    ratio: t("table.ratio"),
  };
  return [
    {
      title: measureTitle(t, name, k, result.settings.candidates, isFull),
      rowsAre: heads[form],
      form: name === "PopularityBias" ? "difference" : form,
      most: null,
      rows,
      definition: [
        define(t, name, k, isFull),
        ...(form === "difference" ? [t("define.difference")] : []),
        ...(watchedLast ? [t("define.watchedLast")] : []),
        ...(isFull && (name === "HR" || name === "NDCG")
          ? [t("define.reranked", { count: result.settings.slate })]
          : []),
      ],
      interval: rows.every(({ low }) => low === null)
        ? t("define.none")
        : t("define.ownUsers", { resamples: formats.whole(result.settings.resamples) }),
    },
  ];
}

function answered(
  t: EvidenceWords,
  formats: Formats,
  { answers }: OwnRun["result"],
  { mode, watchedLast }: { readonly mode: Mode; readonly watchedLast: boolean },
): string | null {
  const found = answers.find((each) => each.mode === mode && each.watchedLast === watchedLast);
  if (found === undefined) return null;
  return t("own.correct", { correct: formats.decimal(found.correct), total: formats.whole(found.total) });
}

function measureTitle(
  t: EvidenceWords,
  name: Metric["name"],
  k: number | null,
  candidates: number,
  isFull: boolean,
): string {
  switch (name) {
    case "HR":
    case "NDCG":
    case "MRR": {
      const measure = `${name}@${k}`;
      if (isFull) return t("scope.catalogue", { measure });
      return t(candidates === 20 ? "scope.of20" : "scope.candidates", { measure });
    }
    case "SlateRecall":
      return t("scope.slateRecall", { k });
    case "Coverage":
      return t("scope.coverage", { k });
    case "TopPopularity":
    case "PopularityBias":
      return t("scope.bias", { k });
    case "Brier":
      return t("scope.brier");
    default:
      return name satisfies never;
  }
}

function define(t: EvidenceWords, name: Metric["name"], k: number | null, isFull: boolean): string {
  switch (name) {
    case "HR":
      if (isFull) return t("define.hr", { k });
      return k === 1 ? t("define.hr20own") : t("define.hrGiven", { k });
    case "NDCG":
      return t("define.ndcg", { k });
    case "MRR":
      return t("define.mrr", { k });
    case "SlateRecall":
      return t("define.slateRecall");
    case "Coverage":
      return t("define.coverage", { k });
    case "TopPopularity":
    case "PopularityBias":
      return t("define.bias", { k });
    case "Brier":
      return t("define.brier");
    default:
      return name satisfies never;
  }
}

function allFigures(t: EvidenceWords, metrics: readonly Metric[]): EvidenceTable {
  return {
    title: t("group.all"),
    head: [
      t("own.metric"),
      t("own.model"),
      t("own.minus"),
      t("own.watched"),
      t("table.value"),
      t("own.low"),
      t("own.high"),
      t("own.questions"),
      t("own.people"),
    ],
    rows: metrics.map(({ name, k, mode, minus, watchedLast, value, low, high, n, users }) => [
      k === null ? name : `${name}@${k}`,
      t(`mode.${mode}`),
      minus === null ? null : t(`mode.${minus}`),
      t(watchedLast ? "own.watchedLast" : "own.asDrawn"),
      value,
      low,
      high,
      n,
      users,
    ]),
  };
}
