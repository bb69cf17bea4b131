/** @file The published figures as sections of the evidence page. */
import { present } from "../../../core/invariant.ts";
import {
  EVIDENCE_PACKS,
  type EvidenceArm,
  type EvidenceFigure,
  type EvidenceMeasure,
  type EvidencePack,
  type EvidenceProtocol,
  type EvidenceSection,
  type EvidenceSectionId,
  type EvidenceSummary,
  type Paper,
} from "../../../state/evidence-summary.ts";
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

export interface EvidenceChoice {
  readonly targets: "windows" | "last";
  readonly watchedLast: boolean;
  readonly slate: 50 | 100;
}

export function publishedSections(
  t: EvidenceWords,
  formats: Formats,
  summary: EvidenceSummary,
  choice: EvidenceChoice,
): readonly EvidenceSectionView[] {
  const say = makeSayings(t, formats);
  const find = (id: EvidenceSectionId) =>
    present(
      summary.sections.find((section) => section.id === id),
      `the evidence section ${id}`,
    );
  const twinOf = (pack: EvidencePack, words: string) => ({
    words,
    command: null,
    table: twinTable(say, find(pack), choice.slate),
  });
  const ofPack = (pack: EvidencePack) => twinOf(pack, t("twin.ofPack", { pack }));
  const packs = EVIDENCE_PACKS.map((pack): EvidenceSectionView => {
    const section = find(pack);
    const tampered = find(`${pack}-tampered`);
    const choiceGroups = pack === "ml-100k-30-layers" ? [choiceGroup(say, find(`${pack}-choice`))] : [];
    return {
      ...about(say, section, pack),
      groups: [
        ...packGroups(say, section, choice),
        ...choiceGroups,
        {
          ...tamperedGroup(say, tampered, t("group.tampered")),
          twin: ofPack(pack),
        },
      ],
    };
  });
  const ablations = find("ablations");
  const depth = find("depth");
  return [
    ...packs,
    papersSection(
      say,
      summary.papers,
      find("ml-100k"),
      twinOf("ml-100k", t("twin.printed", { pack: "ml-100k" })),
    ),
    {
      ...about(say, find("movies-crossfit"), "crossfit"),
      groups: (["movies", "ml-100k"] as const).map((pack) => ({
        ...crossfitGroup(say, find(`${pack}-crossfit`), pack),
        twin: ofPack(pack),
      })),
    },
    {
      ...about(say, ablations, "ablations"),
      groups: [
        { ...armsGroup(say, ablations), twin: ofPack("ml-100k") },
        tamperedGroup(say, find("ablations-tampered"), t("group.tamperedReference")),
        clustersGroup(say, find("ablations-clusters")),
      ],
    },
    {
      ...about(say, depth, "depth"),
      groups: [{ ...armsGroup(say, depth), twin: ofPack("ml-100k") }],
    },
    worldsSection(say, find("worlds")),
    causesSection(say, find("causes")),
  ];
}

interface Sayings {
  readonly t: EvidenceWords;
  readonly formats: Formats;
  /** A row of a chart; its label is the variant's name unless it is given. */
  row(figure: EvidenceFigure, label?: string, note?: string | null): IntervalRow;
  chart(
    title: string,
    rows: readonly IntervalRow[],
    definition: readonly string[],
    parts?: Partial<EvidenceChart>,
  ): EvidenceChart;
  /** How many differences lie above, below and about zero. */
  tally(charts: readonly EvidenceChart[]): string;
  measure(measure: EvidenceMeasure, protocol: EvidenceProtocol): string;
  define(measure: EvidenceMeasure, protocol: EvidenceProtocol): string[];
}

function makeSayings(t: EvidenceWords, formats: Formats): Sayings {
  const heads = { value: "table.model", difference: "table.difference", ratio: "table.ratio" } as const;
  return {
    t,
    formats,
    row: (figure, label, note = null) => ({
      key: [figure.world, figure.arm, figure.mode, figure.against, figure.of, figure.form].join(" "),
      label:
        label ??
        (figure.arm !== null ? t(`arm.${figure.arm}`) : figure.mode !== null ? t(`mode.${figure.mode}`) : ""),
      note,
      kind: "interval",
      value: figure.value,
      low: figure.low,
      high: figure.high,
      n: figure.n,
      users: figure.users,
      bar: figure.bar,
    }),
    chart: (title, rows, definition, parts = {}) => {
      const form: FigureForm = parts.form ?? "value";
      const formWords =
        form === "difference" ? [t("define.difference")] : form === "ratio" ? [t("define.ratio")] : [];
      return {
        title,
        rows,
        form,
        rowsAre: t(heads[form]),
        most: null,
        interval: t(rows.every(({ low }) => low === null) ? "define.none" : "define.users"),
        ...parts,
        definition: [...definition, ...formWords],
      };
    },
    tally: (charts) => tally(t, charts),
    measure: (measure, protocol) => measureTitle(t, measure, protocol),
    define: (measure, protocol) => defineMeasure(t, measure, protocol),
  };
}

function measureTitle(t: EvidenceWords, measure: EvidenceMeasure, protocol: EvidenceProtocol): string {
  switch (measure) {
    case "HR@1":
    case "HR@10":
    case "NDCG@10":
      return t(protocol.startsWith("catalogue") ? "scope.catalogue" : "scope.of20", { measure });
    case "Recall@50":
    case "Recall@100":
      return t("scope.recall");
    case "cause-on-top":
      return t("scope.causeOnTop");
    case "distractor-cause-median":
      return t("scope.distractor");
    case "share-of-text":
    case "share-of-behaviour":
      return t("scope.share");
    default:
      return measure satisfies never;
  }
}

function defineMeasure(t: EvidenceWords, measure: EvidenceMeasure, protocol: EvidenceProtocol): string[] {
  const what = () => {
    switch (measure) {
      case "HR@1":
        if (protocol === "planted") return t("define.planted");
        return protocol.startsWith("catalogue") ? t("define.hr", { k: 1 }) : t("define.hr20");
      case "HR@10":
        return t("define.hr", { k: 10 });
      case "NDCG@10":
        return t("define.ndcg", { k: 10 });
      case "Recall@50":
        return t("define.recall", { k: 50 });
      case "Recall@100":
        return t("define.recall", { k: 100 });
      case "cause-on-top":
        return t("define.causeOnTop");
      case "distractor-cause-median":
        return t("define.distractor");
      case "share-of-text":
      case "share-of-behaviour":
        return t("define.share");
      default:
        return measure satisfies never;
    }
  };
  const more = {
    "20-windows": [],
    "20-windows-watched-last": [t("define.watchedLast")],
    "20-last": [t("define.draws")],
    "20-last-watched-last": [t("define.draws"), t("define.watchedLast")],
    "20-validation": [t("define.validation")],
    catalogue: [],
    "catalogue-slate-50": [t("define.reranked", { count: 50 })],
    "catalogue-slate-100": [t("define.reranked", { count: 100 })],
    "catalogue-validation": [t("define.validation")],
    planted: [],
  } as const satisfies Record<EvidenceProtocol, readonly string[]>;
  return [what(), ...more[protocol]];
}

const HEADINGS = {
  movies: "movies",
  "ml-100k": "ml-100k",
  "ml-100k-30-layers": "ml-100k-30-layers",
  crossfit: "crossfit",
  ablations: "ablations",
  depth: "depth",
  worlds: "worlds",
  causes: "causes",
} as const;

function about({ t, formats }: Sayings, section: EvidenceSection, name: keyof typeof HEADINGS) {
  const { device, commit, beta, seeds } = section;
  return {
    id: `evidence-${name}`,
    heading: t(`section.${HEADINGS[name]}`),
    lead: t(`lead.${HEADINGS[name]}`),
    facts: [
      t("facts.device", { device }),
      ...(beta === null ? [] : [t("facts.beta", { beta: formats.decimal(beta) })]),
      ...(seeds === null ? [] : [t("facts.seeds", { count: seeds.length, seeds: seeds.join(", ") })]),
      ...(commit === null ? [] : [t("facts.commit", { commit: commit.slice(0, 7) })]),
    ],
    command: section.command,
    record: section.record,
  };
}

const TWINS = ["HR@1", "HR@10", "NDCG@10"] as const;

function sampledProtocol(
  section: EvidenceSection,
  { targets, watchedLast }: EvidenceChoice,
): EvidenceProtocol {
  const wanted = targets === "windows" ? "20-windows" : "20-last";
  const ranked = watchedLast ? (`${wanted}-watched-last` as const) : wanted;
  return section.figures.some(({ protocol }) => protocol === ranked) ? ranked : wanted;
}

/** Whether the choice can be met: a pack whose candidates were never rated before has nothing to rank last. */
export function hasWatched(section: EvidenceSection): boolean {
  return section.figures.some(({ protocol }) => protocol === "20-windows-watched-last");
}

function packGroups(say: Sayings, section: EvidenceSection, choice: EvidenceChoice): EvidenceGroup[] {
  const { t } = say;
  const sampled = sampledProtocol(section, choice);
  const slate = choice.slate === 50 ? "catalogue-slate-50" : "catalogue-slate-100";
  const isOf = (measure: EvidenceMeasure, form: FigureForm, ...protocols: EvidenceProtocol[]) =>
    section.figures.filter(
      (each) => each.measure === measure && each.form === form && protocols.includes(each.protocol),
    );
  const name = (id: EvidenceFigure["mode"]) => (id === null ? "" : t(`mode.${id}`));
  const pair = (key: "minus" | "over") => (figure: EvidenceFigure) =>
    say.row(
      figure,
      t(key, { first: name(figure.mode), second: name(figure.against as EvidenceFigure["mode"]) }),
    );
  const value = (figure: EvidenceFigure) =>
    say.row(figure, undefined, figure.mode === "fused" ? t("shown") : null);
  const values = [
    say.chart(
      say.measure("HR@1", sampled),
      isOf("HR@1", "value", sampled).map(value),
      say.define("HR@1", sampled),
    ),
    ...TWINS.map((measure) =>
      say.chart(
        say.measure(measure, slate),
        isOf(measure, "value", "catalogue", slate).map(value),
        say.define(measure, slate),
      ),
    ),
  ];
  const differences = [
    say.chart(
      say.measure("HR@1", sampled),
      isOf("HR@1", "difference", sampled).map(pair("minus")),
      say.define("HR@1", sampled),
      { form: "difference" },
    ),
    ...TWINS.map((measure) =>
      say.chart(
        say.measure(measure, slate),
        isOf(measure, "difference", slate).map(pair("minus")),
        say.define(measure, slate),
        { form: "difference" },
      ),
    ),
  ];
  const recall = (["Recall@50", "Recall@100"] as const).flatMap((measure) =>
    isOf(measure, "value", "catalogue").map((figure) => ({
      ...say.row(figure, measure),
      key: measure,
    })),
  );
  const wantsWatched = choice.watchedLast && !hasWatched(section);
  return [
    makeGroup({
      id: "values",
      layout: "twin",
      sampled: t("twin.sampled"),
      charts: values,
      notes: [...(wantsWatched ? [t("choice.neverDrawn")] : []), t("twin.why")],
    }),
    makeGroup({
      id: "differences",
      heading: t("group.differences"),
      layout: "twin",
      sampled: t("twin.sampled"),
      charts: differences,
      notes: [say.tally(differences)],
    }),
    makeGroup({
      id: "more",
      heading: t("more"),
      layout: "folded",
      charts: [
        ...TWINS.map((measure) =>
          say.chart(
            t("scope.ratio", { title: say.measure(measure, slate) }),
            isOf(measure, "ratio", slate).map(pair("over")),
            say.define(measure, slate),
            { form: "ratio" },
          ),
        ),
        say.chart(t("scope.recall"), recall, [
          ...say.define("Recall@50", "catalogue"),
          ...say.define("Recall@100", "catalogue"),
        ]),
      ],
    }),
  ];
}

/** The whole-catalogue figures of a pack as a small table. */
function twinTable(say: Sayings, section: EvidenceSection, slate: 50 | 100): EvidenceTable {
  const { t, formats } = say;
  const protocols: readonly EvidenceProtocol[] = [
    "catalogue",
    slate === 50 ? "catalogue-slate-50" : "catalogue-slate-100",
  ];
  const found = section.figures.filter(
    ({ form, protocol }) => form === "value" && protocols.includes(protocol),
  );
  const [first] = found;
  return {
    title: t("pair", {
      first: t("twin.catalogue"),
      second: t("table.countUsers", {
        n: formats.whole(first?.n ?? 0),
        users: formats.whole(first?.users ?? 0),
      }),
    }),
    head: [t("table.model"), ...TWINS],
    rows: (["sasrec", "hybrid", "fused"] as const).map((mode) => [
      t(`mode.${mode}`),
      ...TWINS.map((measure) => {
        const figure = found.find((each) => each.mode === mode && each.measure === measure);
        return figure === undefined ? null : withInterval(formats, figure);
      }),
    ]),
  };
}

function withInterval(formats: Formats, { value, low, high }: EvidenceFigure): string {
  const interval = low === null || high === null ? "" : ` [${formats.figure(low)}, ${formats.figure(high)}]`;
  return formats.figure(value) + interval;
}

function tamperedGroup(say: Sayings, section: EvidenceSection, heading: string): EvidenceGroup {
  const { t, formats } = say;
  const title = say.measure("HR@1", "20-windows");
  const definition = say.define("HR@1", "20-windows");
  const rows = (form: FigureForm) =>
    section.figures.filter((each) => each.form === form).map((figure) => say.row(figure));
  const difference = say.chart(
    t("scope.minus", { title, against: t("arm.intact") }),
    rows("difference"),
    definition,
    { form: "difference" },
  );
  const { gate } = section;
  return makeGroup({
    id: section.id,
    heading,
    layout: "folded",
    charts: [say.chart(title, rows("value"), definition, { rowsAre: t("table.arm") }), difference],
    notes: [
      say.tally([difference]),
      ...(gate === null
        ? []
        : [
            t("facts.gate", {
              entropy: formats.size(gate.meanEntropy),
              information: formats.size(gate.mutualInformationWithClusters),
              clusters: gate.clusters,
              n: formats.whole(gate.n),
            }),
          ]),
    ],
  });
}

function choiceGroup(say: Sayings, section: EvidenceSection): EvidenceGroup {
  const { t } = say;
  const charts = (["20-validation", "catalogue-validation"] as const).map((protocol) => {
    const found = section.figures.filter((each) => each.protocol === protocol);
    const measure = protocol === "20-validation" ? "HR@1" : "NDCG@10";
    return say.chart(
      say.measure(measure, protocol),
      found.map((figure) =>
        say.row(
          figure,
          figure.mode === null ? "" : t(`mode.${figure.mode}`),
          figure.arm === null ? null : t(`arm.${figure.arm}`),
        ),
      ),
      say.define(measure, protocol),
    );
  });
  return makeGroup({ id: section.id, heading: t("group.choice"), layout: "folded", charts });
}

function crossfitGroup(say: Sayings, section: EvidenceSection, pack: EvidencePack): EvidenceGroup {
  const { t } = say;
  const title = say.measure("HR@1", "20-validation");
  const definition = say.define("HR@1", "20-validation");
  const rows = (form: FigureForm) =>
    section.figures
      .filter((each) => each.form === form)
      .map((figure) =>
        say.row(
          figure,
          figure.mode === null ? "" : t(`mode.${figure.mode}`),
          figure.arm === null ? null : t(`arm.${figure.arm}`),
        ),
      );
  const difference = say.chart(
    t("scope.minus", { title, against: t("arm.no-folds") }),
    rows("difference"),
    definition,
    { form: "difference", rowsAre: t("table.model") },
  );
  return makeGroup({
    id: section.id,
    heading: pack,
    charts: [say.chart(title, rows("value"), definition), difference],
    notes: [say.tally([difference])],
  });
}

/** Variants of one thing: hybrid, its difference, and fused. */
function armsGroup(say: Sayings, section: EvidenceSection): EvidenceGroup {
  const { t, formats } = say;
  const title = say.measure("HR@1", "20-windows");
  const definition = say.define("HR@1", "20-windows");
  const note = ({ bySeed, trainingSeconds }: EvidenceFigure) => {
    if (bySeed !== null && bySeed.length > 1)
      return t("facts.bySeed", { values: bySeed.map(formats.figure).join(" ") });
    return trainingSeconds === null ? null : t("facts.training", { seconds: formats.whole(trainingSeconds) });
  };
  const of = (form: FigureForm, mode: EvidenceFigure["mode"]) =>
    section.figures
      .filter((each) => each.form === form && each.mode === mode)
      .map((figure) => say.row(figure, undefined, note(figure)));
  const [reference] = section.figures.flatMap((each) => each.against ?? []);
  const against =
    reference === undefined
      ? ""
      : reference === "sasrec"
        ? t("mode.sasrec")
        : t(`arm.${reference as EvidenceArm}`);
  const difference = say.chart(t("scope.minus", { title, against }), of("difference", "hybrid"), definition, {
    form: "difference",
    rowsAre: t("table.arm"),
  });
  const rowsAre = { rowsAre: t("table.arm") };
  return makeGroup({
    id: section.id,
    charts: [
      say.chart(title, [...of("value", "sasrec"), ...of("value", "hybrid")], definition, rowsAre),
      difference,
      say.chart(t("scope.fused", { title }), of("value", "fused"), definition, rowsAre),
    ],
    notes: [say.tally([difference])],
  });
}

function clustersGroup(say: Sayings, section: EvidenceSection): EvidenceGroup {
  const { t, formats } = say;
  const rows = section.figures.map((figure) =>
    say.row(
      figure,
      undefined,
      figure.means === null
        ? null
        : t("facts.means", {
            first: formats.figure(figure.means[0]),
            second: formats.figure(figure.means[1]),
          }),
    ),
  );
  const chart = say.chart(
    t("scope.minus", { title: say.measure("HR@1", "20-windows"), against: t("arm.uniform-lora") }),
    rows,
    say.define("HR@1", "20-windows"),
    { form: "difference", rowsAre: t("table.arm") },
  );
  return makeGroup({
    id: section.id,
    heading: t("group.clusters"),
    layout: "folded",
    charts: [chart],
    notes: [say.tally([chart])],
  });
}

function papersSection(
  say: Sayings,
  papers: readonly Paper[],
  pack: EvidenceSection,
  twin: EvidenceGroup["twin"],
): EvidenceSectionView {
  const { t } = say;
  const printed = papers.map(
    ({ method, low, high }): IntervalRow => ({
      key: method,
      label: t(`paper.${method}`),
      note: t(`paperDefinition.${method}`),
      kind: "range",
      value: high,
      low,
      high,
      n: 95,
      users: 95,
      bar: null,
    }),
  );
  const ours = pack.figures
    .filter(
      ({ protocol, form, mode }) =>
        protocol === "20-last" &&
        form === "value" &&
        (mode === "sasrec" || mode === "hybrid" || mode === "fused"),
    )
    .map((figure) => ({
      ...say.row(
        figure,
        t("ours", { mode: figure.mode === null ? "" : t(`mode.${figure.mode}`) }),
        figure.mode === "sasrec" ? null : t("oursDefinition"),
      ),
      key: `ours ${figure.mode}`,
    }));
  return {
    id: "evidence-papers",
    heading: t("section.papers"),
    lead: t("lead.papers"),
    facts: [],
    command: pack.command,
    record: pack.record,
    groups: [
      makeGroup({
        id: "papers",
        charts: [
          say.chart(
            t("scope.printed"),
            [...printed, ...ours],
            [t("define.printed"), ...say.define("HR@1", "20-last")],
            { rowsAre: t("table.method") },
          ),
        ],
        twin,
      }),
    ],
  };
}

function worldsSection(say: Sayings, section: EvidenceSection): EvidenceSectionView {
  const { t } = say;
  const worlds = [...new Set(section.figures.flatMap(({ world }) => world ?? []))];
  return {
    ...about(say, section, "worlds"),
    groups: [
      makeGroup({
        id: "worlds",
        charts: worlds.map((world) =>
          say.chart(
            t(`world.${world}`),
            section.figures.filter((each) => each.world === world).map((figure) => say.row(figure)),
            say.define("HR@1", "planted"),
            { most: 1, rowsAre: t("table.arm") },
          ),
        ),
        notes: [t("twin.planted")],
      }),
    ],
  };
}

function causesSection(say: Sayings, section: EvidenceSection): EvidenceSectionView {
  const { t } = say;
  const measures = [
    "HR@1",
    "share-of-text",
    "share-of-behaviour",
    "cause-on-top",
    "distractor-cause-median",
  ] as const;
  const label = ({ arm, of }: Pick<EvidenceFigure, "arm" | "of">) => {
    const name = arm === null ? "" : t(`arm.${arm}`);
    return of === null ? name : t("pair", { first: name, second: t(`of.${of}`) });
  };
  const worlds = [...new Set(section.figures.flatMap(({ world }) => world ?? []))];
  return {
    ...about(say, section, "causes"),
    groups: worlds.map((world) =>
      makeGroup({
        id: world,
        heading: t(`world.${world}`),
        charts: measures.flatMap((measure) => {
          const found = section.figures.filter((each) => each.world === world && each.measure === measure);
          if (found.length === 0) return [];
          const rows = found.map((figure) => say.row(figure, label(figure)));
          const title = measure === "HR@1" ? "HR@1" : say.measure(measure, "planted");
          return [
            say.chart(title, rows, say.define(measure, "planted"), { most: 1, rowsAre: t("table.method") }),
          ];
        }),
        tables: [
          {
            title: t("group.medians"),
            head: [
              t("table.method"),
              t("medians.cause"),
              t("medians.distractor"),
              t("medians.noise"),
              t("medians.n"),
            ],
            rows: section.medians
              .filter((each) => each.world === world)
              .map((each) => [label(each), each.cause, each.distractor, each.largestNoise, each.n]),
          },
        ],
      }),
    ),
  };
}
