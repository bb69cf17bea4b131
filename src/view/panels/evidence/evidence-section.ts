/** @file What the evidence page shows, as data: the same for the page and for its CSV. Words are in the page's language. */
import type { TFunction } from "i18next";
import type { IntervalRow } from "../../charts/IntervalTable.tsx";
import { type FigureForm, standing } from "../../charts/interval-scale.ts";
import type { ReliabilityDiagramProps } from "../../charts/ReliabilityDiagram.tsx";

export type EvidenceWords = TFunction<"evidence">;

export interface EvidenceChart {
  readonly title: string;
  readonly rowsAre: string;
  readonly form: FigureForm;
  /** Right end of the axis where it is known. */
  readonly most: number | null;
  readonly rows: readonly IntervalRow[];
  readonly definition: readonly string[];
  /** What the interval is; null where none was recorded. */
  readonly interval: string;
}

/** Plain numbers without an interval; the first cell of a row names it. */
export interface EvidenceTable {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly (string | number | null)[])[];
}

export interface EvidenceGroup {
  readonly id: string;
  readonly heading: string | null;
  readonly notes: readonly string[];
  /** "twin": the first chart is of 20 candidates, the others are its whole-catalogue twins. "folded": more on demand. */
  readonly layout: "twin" | "grid" | "folded";
  /** Heading of the first chart's side of a twin. */
  readonly sampled: string;
  readonly charts: readonly EvidenceChart[];
  /** Whole-catalogue twins of charts that have none of their own, or the reason and the command that makes them. */
  readonly twin: {
    readonly words: string;
    readonly command: string | null;
    readonly table: EvidenceTable | null;
  } | null;
  readonly diagrams: readonly ReliabilityDiagramProps[];
  readonly tables: readonly EvidenceTable[];
}

export interface EvidenceSectionView {
  /** Id of the section's element, and where its links go. */
  readonly id: string;
  readonly heading: string;
  readonly lead: string;
  readonly facts: readonly string[];
  readonly groups: readonly EvidenceGroup[];
  readonly command: string;
  /** The file that holds it, as the repository names it; null for an own result. */
  readonly record: string | null;
}

/** A group with what most have not. */
export function makeGroup(parts: Pick<EvidenceGroup, "id"> & Partial<EvidenceGroup>): EvidenceGroup {
  return {
    heading: null,
    notes: [],
    layout: "grid",
    sampled: "",
    charts: [],
    twin: null,
    diagrams: [],
    tables: [],
    ...parts,
  };
}

/** How many figures lie above zero, below it, and on both sides of it, in words. */
export function tally(t: EvidenceWords, charts: readonly EvidenceChart[]): string {
  const sides = charts.flatMap(({ rows, form }) => rows.map((row) => standing(row, form)));
  const count = (side: "above" | "below" | "open") => sides.filter((each) => each === side).length;
  return t("tally", {
    count: sides.length,
    above: count("above"),
    below: count("below"),
    open: count("open"),
  });
}
